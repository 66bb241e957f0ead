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
  return `${code}
  runMarbles(({ connection, cold, expectObservable }) => {
    const { reader, writer, written$ } = connection(incoming, values);
    expectObservable(written$).toBe(written, values);
    // Your code comes here, instead of these lines: they read everything, and write what was written.
    reader.subscribe({ error: () => {} });
    cold(written, values).subscribe(writer);
  });
`;
}

function script(recording: Recording): string {
  const code = indented(recording.toScript(), '  ');
  const lines = recording.steps.flatMap(program).map((line) => `  ${line}\n`);
  return `${code}  const connection = peer.connect();
  // Your code comes here, instead of these lines: they do what the program did.
${lines.join('')}  await connection.close();
  await peer.done;
`;
}

/** What the program does in a step of the conversation. */
function program({ by, bytes, what }: Step): string[] {
  if (what === 'client') return ['await connection.startTls();'];
  if (what === 'server') return ["await connection.startTls({ side: 'server' });"];
  if (by === 'us') {
    if (what === '|') return ['connection.writer.writeEof();'];
    return what === '#' ? ['connection.destroy();'] : [`connection.writer.write(${showBytes(bytes)});`];
  }
  if (what === '|') return ['expect(await connection.reader.readAll()).toHaveLength(0);'];
  if (what === '#') return ['await connection.closed;'];
  return [`expect(await connection.reader.readExactly(${bytes.length})).toEqual(Buffer.from(${showBytes(bytes)}));`];
}

function indented(code: string, by: string): string {
  return code.replace(/^(?=.)/gm, by);
}
