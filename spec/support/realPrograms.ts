// Real programs that listen, for the specs that talk to them.
import { type AddressInfo, createServer } from 'node:net';
import { basename } from 'node:path';
import { type Connection, openConnection } from 'rxjs-tcp';
import { type Run, run } from './run';
import { turns } from './until';

export const host = '127.0.0.1';

/** `describe`, or a skip with a message when the program is missing. */
export function describeWith(what: string, there: boolean): jest.Describe {
  if (there) return describe;
  const spec = basename(expect.getState().testPath ?? 'a spec');
  process.stderr.write(`${spec}: there is no ${what}, what needs it is skipped\n`);
  return describe.skip;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program that listens, and waits until it does. */
export async function startListening(port: number, program: string, ...args: string[]): Promise<Run> {
  const started = run(program, ...args);
  try {
    (await dial(port, started)).destroy();
  } catch (error) {
    await started.stop();
    throw error;
  }
  return started;
}

async function dial(port: number, program: Run): Promise<Connection> {
  for (;;) {
    try {
      return await openConnection({ host, port });
    } catch (error) {
      // The reason of its death is a better error than a refused connection.
      if (program.child.exitCode !== null) await program.output;
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      await turns(10);
    }
  }
}
