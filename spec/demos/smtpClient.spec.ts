// Proves replies of several lines and stuffed dots by their bytes, for any cut; and that the demo prints what its
// header says.
import * as fc from 'fast-check';
import { connectionPair, decode, InvalidFrameError } from 'rxjs-tcp';
import { type FramePair, verifyDecoder } from 'rxjs-tcp/testing';
import { MESSAGE, mail, main, sendMail, smtpReply } from '../../demos/smtpClient';
import { bytes } from '../support/cuts';
import { failureOf } from '../support/failureOf';
import { handFed } from '../support/handFed';
import { thrownBy } from '../support/thrownBy';
import { describeDemo } from './describeDemo';

describe('the demo smtpClient', () => {
  describeDemo('smtpClient', main);

  it('reads replies of one line and of several', () => {
    verifyDecoder(smtpReply, [
      ['220 ready\r\n', { code: 220, lines: ['ready'] }],
      ['250-a\r\n250-\r\n250 c d\r\n', { code: 250, lines: ['a', '', 'c d'] }],
      ['354\r\n', { code: 354, lines: [''] }],
      ['250 250-x\r\n', { code: 250, lines: ['250-x'] }],
    ]);
  });

  it.each([
    'hello\r\n',
    '25 x\r\n',
    '199 x\r\n',
    '250_x\r\n',
    '250-a\r\n251 b\r\n',
    '250 a\n',
    '250-x\r\n'.repeat(101),
  ])('errors for %.30j', (text) => {
    const { reader, push } = handFed();
    let error: unknown;
    reader.pipe(decode(smtpReply)).subscribe({ error: (reason) => (error = reason) });
    push(text);
    expect(error).toBeInstanceOf(InvalidFrameError);
    expect(reader.bufferedAmount).toBe(text.length);
  });

  it('decodes the dots that it stuffed', () => {
    verifyDecoder(mail, [
      ['a\r\n.\r\n', ['a']],
      ['.\r\n', []],
      ['\r\n.\r\n', ['']],
      ['..\r\n.\r\n', ['.']],
      ['..\r\n...\r\n..a\r\na.\r\n.\r\n', ['.', '..', '.a', 'a.']],
      ['\r\n\r\n.\r\n', ['', '']],
      [bytes('grüße\r\n.\r\n'), ['grüße']],
    ]);
  });

  it('decodes any lines that it encoded, for any cuts', () => {
    const line = fc.string({ unit: fc.constantFrom('.', 'a', 'ü', ' '), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(fc.array(line, { maxLength: 4 }), { minLength: 1, maxLength: 3 }), (mails) => {
        verifyDecoder(
          mail,
          mails.map((lines): FramePair<readonly string[]> => [mail.encode(lines), lines]),
          { cuts: 3 },
        );
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  it('throws for a line with a line break inside', () => {
    for (const line of ['a\r\nb', 'a\nb', 'a\rb']) {
      expect(thrownBy(() => mail.encode(['fine', line]))).toEqual(
        new InvalidFrameError('line 2 has a line break inside', 0, 'encode'),
      );
    }
  });

  it('stops when the server refuses a command', async () => {
    const [client, server] = connectionPair();
    const mailing = failureOf(sendMail(client, { from: 'a@b', to: 'c@d' }, MESSAGE));
    server.writer.write('220 hi\r\n');
    let said = `${await server.reader.readLine()}`;
    server.writer.write('250 hello\r\n');
    said += await server.reader.readLine();
    server.writer.write('550-no\r\n550 such sender\r\n');
    const error = await mailing;
    expect((error as Error).message).toBe('Cannot send the mail: the server says 550 no');
    expect(said).toBe('EHLO client.example\r\nMAIL FROM:<a@b>\r\n');
    expect(server.reader.bufferedAmount).toBe(0);
    client.destroy();
    server.destroy();
  });
});
