import { openConnection } from 'rxjs-tcp';
import { main } from '../../demos/chatServer';
import { describeDemo } from './describeDemo';
import { untilPrinted } from './untilPrinted';

describe('the demo chatServer', () => {
  describeDemo('chatServer', main);

  it('serves on a port until Ctrl+C', async () => {
    const { match, interrupt } = await untilPrinted(main, ['0'], /^Serving on 127\.0\.0\.1:(\d+)$/);
    const { reader, writer } = await openConnection({ host: '127.0.0.1', port: Number(match[1]) });
    // As a terminal that ends its lines with CRLF would.
    writer.write('not a name\r\neve\r\n/who\r\n/quit\r\n');
    expect(`${await reader.readAll()}`.split('\n')).toEqual([
      '* What is your name?',
      '* A name has 1 to 20 letters. What is your name?',
      '* Welcome, eve. /who lists the members, /quit leaves',
      '* eve',
      '* Bye, eve',
      '',
    ]);
    writer.close();
    await interrupt();
  });

  it('says good-bye to all members when it is stopped', async () => {
    const { match, interrupt } = await untilPrinted(main, ['0'], /^Serving on 127\.0\.0\.1:(\d+)$/);
    const members = [];
    for (const name of ['eve', 'kim']) {
      const member = await openConnection({ host: '127.0.0.1', port: Number(match[1]) });
      member.writer.write(`${name}\n`);
      await member.reader.readUntil('leaves\n');
      members.push(member);
    }
    const over = interrupt();
    for (const { reader, writer } of members) {
      expect(`${await reader.readAll()}`).toMatch(/\* The server closes\. Bye\n$/);
      writer.close();
    }
    await over;
  });

  it('drops a member that sends an endless line, and says why', async () => {
    const { match, printed, interrupt } = await untilPrinted(main, ['0'], /^Serving on 127\.0\.0\.1:(\d+)$/);
    const { reader, writer } = await openConnection({ host: '127.0.0.1', port: Number(match[1]) });
    writer.write(`eve\n${'x'.repeat(20_000)}`);
    await reader.readAll().catch(() => {});
    writer.close();
    await interrupt();
    expect(printed[1]).toMatch(/^A member was lost: LimitOverrunError: .* the limit is 16384$/);
  });
});
