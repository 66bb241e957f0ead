import { openConnection } from 'rxjs-tcp';
import { main } from '../../demos/echoServer';
import { describeDemo } from './describeDemo';
import { untilPrinted } from './untilPrinted';

describe('the demo echoServer', () => {
  describeDemo('echoServer', main);

  for (const shape of ['asyncio', 'reactive']) {
    it(`serves on a port until Ctrl+C: ${shape}`, async () => {
      const { match, printed, interrupt } = await untilPrinted(main, ['0', shape], /^Serving on 127\.0\.0\.1:(\d+)$/);
      const { reader, writer } = await openConnection({ host: '127.0.0.1', port: Number(match[1]) });
      writer.write('one\ntwo\n');
      writer.writeEof();
      expect(`${await reader.readAll()}`).toBe('one\ntwo\n');
      await interrupt();
      expect(printed.map((line) => line.replace(/ from .*| on .*/, ''))).toEqual([
        'Serving',
        "Received 'one'",
        "Received 'two'",
        'Close the connection',
      ]);
    });

    it(`survives a client that breaks its connection: ${shape}`, async () => {
      const { match, printed, interrupt } = await untilPrinted(main, ['0', shape], /^Serving on 127\.0\.0\.1:(\d+)$/);
      const address = { host: '127.0.0.1', port: Number(match[1]) };
      const broken = await openConnection(address);
      broken.writer.write('one\n');
      await broken.reader.readLine();
      broken.reset();

      const { reader, writer } = await openConnection(address);
      writer.write('two\n');
      writer.writeEof();
      expect(`${await reader.readAll()}`).toBe('two\n');
      await interrupt();
      expect(printed).toContainEqual(expect.stringMatching(/^A client was lost: .*ECONNRESET/));
    });
  }
});
