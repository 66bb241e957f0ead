import type { AddressInfo } from 'node:net';
import { openConnection, startServer, writeTo } from 'rxjs-tcp';
import { main } from '../../demos/portForwarder';
import { describeDemo } from './describeDemo';
import { untilPrinted } from './untilPrinted';

const FORWARDING = /^Forwarding 127\.0\.0\.1:(\d+) to /;

describe('the demo portForwarder', () => {
  describeDemo('portForwarder', main);

  it('forwards until Ctrl+C', async () => {
    await using target = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer)), { port: 0 });
    const port = `${(target.address() as AddressInfo).port}`;
    const { match, interrupt } = await untilPrinted(main, ['0', '127.0.0.1', port], FORWARDING);
    const { reader, writer } = await openConnection({ host: '127.0.0.1', port: Number(match[1]) });
    writer.write('there and back');
    writer.writeEof();
    expect(`${await reader.readAll()}`).toBe('there and back');
    await interrupt();
  });

  it('breaks the connection of a client when the target cannot be reached, and says so', async () => {
    const target = await startServer(() => {}, { port: 0 });
    const port = `${(target.address() as AddressInfo).port}`;
    await target.close();
    const { match, printed, interrupt } = await untilPrinted(main, ['0', '127.0.0.1', port], FORWARDING);
    const { closed } = await openConnection({ host: '127.0.0.1', port: Number(match[1]) });
    expect(await closed).toMatchObject({ by: 'reset' });
    await interrupt();
    expect(printed[1]).toMatch(/^A connection was lost: .*ECONNREFUSED/);
  });
});
