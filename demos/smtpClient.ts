/**
 * An SMTP client: replies of several lines as a generator, STARTTLS, and a message as a frame that ends at a lone dot.
 *
 * A message may contain such a line itself. So each line that begins with a dot gets a second dot when it is sent, and loses it
 * on arrival. `mail` below is a codec that does both: the client encodes with it, and the demo's server decodes with it.
 *
 *     npm run demo -- smtpClient                  sends to a small server of its own
 *     npm run demo -- smtpClient 8025 [host]      sends to your server
 *
 * It prints:
 *
 *     S: 220 small.example ready
 *     C: EHLO client.example
 *     S: 250 small.example | PIPELINING | 8BITMIME | STARTTLS
 *     C: STARTTLS
 *     S: 220 go on
 *     C: EHLO client.example
 *     S: 250 small.example | PIPELINING | 8BITMIME
 *     C: MAIL FROM:<ada@client.example>
 *     S: 250 fine
 *     C: RCPT TO:<charles@small.example>
 *     S: 250 fine
 *     C: DATA
 *     S: 354 go on
 *     C: 6 lines, 2 of them begin with a dot
 *     S: 250 kept
 *     C: QUIT
 *     S: 221 goodbye
 *     The server has these lines:
 *        Subject: dots
 *
 *        .
 *        ..two
 *        grüße
 *        end
 */
import { firstValueFrom } from 'rxjs';
import {
  type Codec,
  type Connection,
  delimited,
  type FrameReader,
  framed,
  InvalidFrameError,
  openConnection,
  requests,
  type Server,
  type StartTlsOptions,
  startServer,
} from 'rxjs-tcp';
import { noMore, portOf } from './support/args';
import { run } from './support/run';
import { testCertificate } from './support/testCertificate';

type Log = (line: string) => void;

/** A reply of an SMTP server: a code, and a text of one line or more. */
export interface SmtpReply {
  readonly code: number;
  readonly lines: readonly string[];
}

const MAX_LINES = 100;

/** `250-one`, `250-two`, `250 three` are one reply: in the last line, a space follows the code. */
export function* smtpReply(read: FrameReader): Generator<undefined, SmtpReply, undefined> {
  const lines: string[] = [];
  let first: string | undefined;
  for (;;) {
    const line = yield* read.line({ eol: 'crlf', limit: 2048 });
    const [, code, more, text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? [];
    if (code === undefined || code !== (first ?? code)) throw new InvalidFrameError(`it is no reply: ${line}`, 0);
    if (lines.length === MAX_LINES) throw new InvalidFrameError(`it has more than ${MAX_LINES} lines`, 0);
    first = code;
    lines.push(text);
    if (more !== '-') return { code: Number(code), lines };
  }
}

/** Commands, one in a line. */
const commandLines = delimited('\r\n', { limit: 2048 });

const block = delimited('\r\n.\r\n', { limit: 10 * 1024 * 1024 });

/** A message as lines. On the wire, a line that begins with a dot has a second one, and a lone dot ends the message. */
export const mail: Codec<readonly string[]> = {
  decode(buffer, ended) {
    // A message of no lines is a dot only: the line break before it belongs to the command.
    if (buffer.length >= 3 && buffer.peek(3).equals(Buffer.from('.\r\n'))) {
      buffer.skip(3);
      return [];
    }
    const text = block.decode(buffer, ended)?.toString();
    return text?.split('\r\n').map((line) => line.replace(/^\./, ''));
  },
  encode(lines) {
    const broken = lines.findIndex((line) => /[\r\n]/.test(line));
    if (broken >= 0) throw new InvalidFrameError(`line ${broken + 1} has a line break inside`, 0, 'encode');
    return Buffer.from([...lines.map((line) => line.replace(/^\./, '..')), '.', ''].join('\r\n'));
  },
};

/** What a client sends: a command, or a message as its lines. */
const smtp = {
  decode: smtpReply,
  encode: (sent: string | readonly string[]) =>
    typeof sent === 'string' ? commandLines.encode(Buffer.from(sent)) : mail.encode(sent),
};

/** Sends a message, command by command, as a server that knows no pipelining wants it; with `tls`, encrypted or not at all. */
export async function sendMail(
  connection: Connection,
  envelope: { readonly from: string; readonly to: string; readonly tls?: StartTlsOptions },
  lines: readonly string[],
  log: Log = () => {},
): Promise<void> {
  /** Shows a reply, which must begin with this digit: 2 is fine, 3 wants more. */
  function check({ code, lines: text }: SmtpReply, kind = 2): void {
    log(`S: ${code} ${text.join(' | ')}`);
    if (Math.floor(code / 100) !== kind) throw new Error(`Cannot send the mail: the server says ${code} ${text[0]}`);
  }

  // The server speaks first; then it answers in order.
  check(await firstValueFrom(framed(connection, smtp)));
  const server = requests<string | readonly string[], SmtpReply>(connection, smtp);
  async function ask(text: string, kind = 2): Promise<void> {
    log(`C: ${text}`);
    check(await server.request(text), kind);
  }

  await ask('EHLO client.example');
  if (envelope.tls !== undefined) {
    await ask('STARTTLS');
    // Under the requests: they go on, and what the server said in the clear is forgotten.
    await connection.startTls(envelope.tls);
    await ask('EHLO client.example');
  }
  await ask(`MAIL FROM:<${envelope.from}>`);
  await ask(`RCPT TO:<${envelope.to}>`);
  await ask('DATA', 3);
  log(`C: ${lines.length} lines, ${lines.filter((line) => line.startsWith('.')).length} of them begin with a dot`);
  check(await server.request(lines));
  await ask('QUIT');
  await server.close();
}

export const MESSAGE = ['Subject: dots', '', '.', '..two', 'grüße', 'end'];

export async function main(
  log: Log = console.log,
  port?: string,
  host = '127.0.0.1',
  ...surplus: string[]
): Promise<void> {
  noMore(surplus);
  const kept: (readonly string[])[] = [];
  const given = port === undefined ? undefined : portOf(port);
  const server = given === undefined ? await smallSmtp(kept) : undefined;
  const connection = await openConnection({ host, port: given ?? (server?.port as number) });
  const tls = server && { tls: { ca: testCertificate.cert, servername: 'localhost' } };
  await sendMail(connection, { from: 'ada@client.example', to: 'charles@small.example', ...tls }, MESSAGE, log);
  if (server === undefined) return;

  log('The server has these lines:');
  for (const line of kept.flat()) log(line === '' ? '' : `   ${line}`);
  await server.close();
}

/** A server that keeps the messages it gets. */
function smallSmtp(kept: (readonly string[])[]): Promise<Server> {
  async function serve(connection: Connection): Promise<void> {
    const { writer } = connection;
    const commands = framed(connection, commandLines);
    let encrypted = false;
    writer.write('220 small.example ready\r\n');
    for (;;) {
      const [name] = `${await firstValueFrom(commands, { defaultValue: 'QUIT' })}`.split(' ');
      if (name === 'QUIT') break;
      if (name === 'EHLO') {
        writer.write(
          `250-small.example\r\n250-PIPELINING\r\n250${encrypted ? ' 8BITMIME' : '-8BITMIME\r\n250 STARTTLS'}\r\n`,
        );
      } else if (name === 'STARTTLS') {
        writer.write('220 go on\r\n');
        await connection.startTls(testCertificate);
        encrypted = true;
      } else if (name === 'DATA') {
        writer.write('354 go on\r\n');
        // Another codec for one frame; then commands again.
        kept.push(await firstValueFrom(framed(connection, mail)));
        writer.write('250 kept\r\n');
      } else {
        writer.write('250 fine\r\n');
      }
    }
    writer.write('221 goodbye\r\n');
  }

  return startServer(serve, { host: '127.0.0.1', port: 0 });
}

if (require.main === module) run(main);
