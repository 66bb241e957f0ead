import { PassThrough, Writable } from 'node:stream';
import type { CommandIo, InputStream, OutputStream } from '../../src/wiretap/cli/CommandIo';

/** What a command sees of a process, and what it has written. */
export interface TestIo extends CommandIo {
  readonly out: () => string;
  readonly err: () => string;
  readonly stdin: PassThrough & InputStream;
  /** Ctrl-C. */
  signal(): void;
  /** Whether the command still listens for signals. */
  readonly listens: () => boolean;
}

/**
 * @param folder - Where relative paths begin.
 * @param tty - The size of a terminal, if there is one.
 */
export function commandIo(folder: string, tty?: { columns: number; rows: number }): TestIo {
  const said = { out: '', err: '' };
  const sink = (which: 'out' | 'err') =>
    Object.assign(
      new Writable({
        write(chunk, _, done) {
          said[which] += chunk;
          done();
        },
      }),
      which === 'out' && tty !== undefined ? { ...tty, isTTY: true } : {},
    ) as OutputStream;
  let listener: (() => void) | undefined;
  return {
    stdin: Object.assign(new PassThrough(), tty !== undefined && { isTTY: true }),
    stdout: sink('out'),
    stderr: sink('err'),
    env: {},
    folder,
    onSignal(given) {
      listener = given;
      return () => {
        listener = undefined;
      };
    },
    out: () => said.out,
    err: () => said.err,
    signal: () => listener?.(),
    listens: () => listener !== undefined,
  };
}
