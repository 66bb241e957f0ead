/** Tests that replay a conversation: their source. Each passes as it is, with lines that do what the program did. */
import { showBytes } from '../../bytes/showBytes';
import { Recording, type Step } from '../marbles/Recording';
import type { WireEvent } from '../WireEvent';

const MISSING =
  '  // Bytes are missing: the tap has dropped, cut or redacted some. So the test may not be what happened.\n';

/**
 * The source of a test.
 *
 * @param as - `'marbles'`: in virtual time, with the times of the events. `'script'`: in causal order, without times.
 */
export function printTest(events: readonly WireEvent[], as: 'marbles' | 'script'): string {
  const recording = Recording.of(events);
  const body = as === 'marbles' ? marbles(recording) : script(recording);
  const note = recording.isIncomplete ? MISSING : '';
  const names = as === 'marbles' ? ['hex', 'runMarbles'] : ['hex', 'scriptedPeer'];
  const used = names.filter((name) => name !== 'hex' || body.includes('hex`'));
  const head = as === 'marbles' ? '() => {' : 'async () => {';
  return `import { ${used.join(', ')} } from 'rxjs-tcp/testing';\n\ntest('a recorded conversation', ${head}\n${note}${body}});\n`;
}

function marbles(recording: Recording): string {
  const code = indented(recording.toMarbles(), '  ');
  // If the peer breaks the connection, the program does not.
  const program = recording.incoming.includes('#') ? "written.replace('#', '')" : 'written';
  const handshakes = recording.handshakes.map(
    ({ at, side }) => `    scheduler.schedule(() => void near.startTls(${sideOption(side)}), ${at});\n`,
  );
  const helpers = ['connection', 'cold', 'expectObservable', ...(handshakes.length > 0 ? ['scheduler'] : [])];
  return `${code}
  runMarbles(({ ${helpers.join(', ')} }) => {
    const near = connection(incoming, values);
    expectObservable(near.written$).toBe(written, values);
    // Your code comes here, instead of these lines: they read everything, and write what was written.
    near.reader.subscribe({ error: () => {} });
    cold(${program}, values).subscribe(near.writer);
${handshakes.join('')}  });
`;
}

function script(recording: Recording): string {
  const code = indented(recording.toScript(), '  ');
  const { steps } = recording;
  const broken = steps.some(({ by, what }) => by === 'peer' && what === '#');
  const lines = steps.filter(({ by, what }) => !(broken && by === 'us' && what === '#')).flatMap(program);
  return `${code}  const connection = peer.connect();
  // Your code comes here, instead of these lines: they do what the program did.
${lines.map((line) => `  ${line}\n`).join('')}  await connection.close();
  await peer.done;
`;
}

function sideOption(side: 'client' | 'server'): string {
  return side === 'server' ? "{ side: 'server' }" : '';
}

/** What the program does in a step of the conversation. */
function program({ by, bytes, what }: Step): string[] {
  if (what === 'client' || what === 'server') return [`await connection.startTls(${sideOption(what)});`];
  if (by === 'us') {
    if (what === '|') return ['connection.writer.writeEof();'];
    return what === '#'
      ? ['await connection.writer.flush();', 'connection.destroy();']
      : [`connection.writer.write(${showBytes(bytes)});`];
  }
  if (what === '|') return ['expect(await connection.reader.readAll()).toHaveLength(0);'];
  if (what === '#') return ['await connection.closed;'];
  const shown = showBytes(bytes);
  const expected = shown.startsWith('Buffer.from') ? shown : `Buffer.from(${shown})`;
  return [`expect(await connection.reader.readExactly(${bytes.length})).toEqual(${expected});`];
}

function indented(code: string, by: string): string {
  return code.replace(/^(?=.)/gm, by);
}
