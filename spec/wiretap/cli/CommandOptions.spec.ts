import { parseCommandOptions } from '../../../src/wiretap/cli/CommandOptions';
import { UsageError } from '../../../src/wiretap/cli/UsageError';

const FORWARD = ['--listen', '9000', '--to', 'host:6379'];

describe('parseCommandOptions', () => {
  it('needs where to listen and a target, and has defaults for the rest', () => {
    expect(parseCommandOptions(FORWARD)).toEqual({
      listen: { host: undefined, port: 9000 },
      to: { host: 'host', port: 6379 },
      tls: undefined,
      serverTls: undefined,
      print: undefined,
      frames: undefined,
      save: undefined,
      replay: undefined,
      redact: [],
      side: 'client',
      ui: undefined,
      maxBytes: 1024 * 1024,
    });
  });

  it.each<[string[], object]>([
    [['--host', '0.0.0.0'], { listen: { host: '0.0.0.0', port: 9000 } }],
    [['--tls'], { tls: { insecure: false } }],
    [['--tls-ca', 'ca.pem', '--tls-name', 'redis'], { tls: { insecure: false, ca: 'ca.pem', servername: 'redis' } }],
    [['--tls-insecure'], { tls: { insecure: true } }],
    [['--cert', 'c.pem', '--key', 'k.pem'], { serverTls: { cert: 'c.pem', key: 'k.pem' } }],
    [['--print', 'hex'], { print: 'hex' }],
    [['--frames', 'redis', '--save', 'a.jsonl'], { frames: 'redis', save: 'a.jsonl' }],
    [['--redact', 'a(b)', '--redact', 'c'], { redact: [/a(b)/dgs, /c/dgs] }],
    [['--side', 'server'], { side: 'server' }],
    [['--ui'], { ui: { port: 0 } }],
    [['--ui-port', '8080'], { ui: { port: 8080 } }],
    [['--max-bytes', '64k'], { maxBytes: 65_536 }],
    [['--max-bytes', '8M'], { maxBytes: 8 * 1024 * 1024 }],
  ])('takes %j', (args, expected) => expect(parseCommandOptions([...FORWARD, ...args])).toMatchObject(expected));

  it('takes a saved log, with and without clients', () => {
    expect(parseCommandOptions(['--replay', 'a.jsonl'])).toMatchObject({ listen: undefined, replay: 'a.jsonl' });
    expect(parseCommandOptions(['--replay', 'a.jsonl', '--listen', '1'])).toMatchObject({ replay: 'a.jsonl' });
  });

  it.each<[string[], string]>([
    [[], 'Cannot start: --listen is missing'],
    [['--listen', '1'], 'Cannot start: --to is missing'],
    [['--to', '1'], 'Cannot start: --listen is missing'],
    [[...FORWARD, '--too'], "Cannot read the options: Unknown option '--too'"],
    [[...FORWARD, 'more'], "Cannot read the options: Unexpected argument 'more'"],
    [[...FORWARD, '--print'], "Cannot read the options: Option '--print <value>' argument missing"],
    [[...FORWARD, '--print', 'xml'], "Cannot use 'xml' for --print: it must be marbles, text, hex, jsonl or pcapng"],
    [[...FORWARD, '--side', 'both'], "Cannot use 'both' for --side: it must be client or server"],
    [[...FORWARD, '--redact', '('], "Cannot use '(' for --redact: Invalid regular expression"],
    [[...FORWARD, '--cert', 'c'], 'Cannot accept TLS: --key is missing'],
    [[...FORWARD, '--key', 'k'], 'Cannot accept TLS: --cert is missing'],
    [[...FORWARD, '--tls-insecure', '--tls-ca', 'a'], 'Cannot use --tls-ca with --tls-insecure: nothing is verified'],
    [[...FORWARD, '--ui-port', '65536'], "Cannot use '65536' for --ui-port: it must be a port from 0 to 65535"],
    [
      [...FORWARD, '--max-bytes', '100'],
      "Cannot use '100' for --max-bytes: it must be a number of bytes of at least 4096",
    ],
    [[...FORWARD, '--max-bytes', 'x'], "Cannot use 'x' for --max-bytes"],
    [[...FORWARD, '--replay', 'a'], 'Cannot use --to with --replay'],
    [['--replay', 'a', '--tls'], 'Cannot use --tls with --replay: there is no target'],
    [['--replay', 'a', '--save', 'b'], 'Cannot use --save with --replay alone'],
    [['--replay', 'a', '--ui'], 'Cannot use --ui with --replay: --listen is missing'],
    [['--replay', 'a', '--host', '::1'], 'Cannot use --host: --listen is missing'],
    [['--replay', 'a', '--cert', 'b', '--key', 'c'], 'Cannot use --cert and --key: --listen is missing'],
    [['--listen', '/a', '--to', '1', '--host', 'x'], 'Cannot use --host x: /a is a path'],
    [['--listen', 'y:1', '--to', '1', '--host', 'x'], 'Cannot use --host x: --listen y:1 has a host'],
  ])('refuses %j', (args, message) => {
    expect(() => parseCommandOptions(args)).toThrow(UsageError);
    expect(() => parseCommandOptions(args)).toThrow(message);
  });
});
