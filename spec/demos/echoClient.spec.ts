import type { AddressInfo } from 'node:net';
import { startServer } from 'rxjs-tcp';
import { main } from '../../demos/echoClient';
import { describeDemo } from './describeDemo';

describe('the demo echoClient', () => {
  describeDemo('echoClient', main);

  it('connects to the server in its arguments', async () => {
    const handler = ({ reader, writer }: Parameters<Parameters<typeof startServer>[0]>[0]) =>
      void reader.subscribe(writer);
    await using server = await startServer(handler, { host: '127.0.0.1', port: 0 });
    const printed: string[] = [];
    await main((line) => printed.push(line), `${(server.address() as AddressInfo).port}`, '127.0.0.1');
    expect(printed.filter((line) => line === "Received: 'Hello World!'")).toHaveLength(2);
  });
});
