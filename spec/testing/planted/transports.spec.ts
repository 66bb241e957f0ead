// Proves that `checkConnection` finds the usual bugs of transports. Each message names the check, and bytes where bytes are wrong.
import type { Connection, ConnectionOptions } from 'rxjs-tcp';
import { checkConnection, connectionChecks } from 'rxjs-tcp/testing';
import { type Breakage, broken, override } from '../../support/brokenPair';
import { describePlanted, type Planted } from './Planted';

/** @param check - How the title of the check begins that finds it: the others are left out, so that a bug takes no time to find. */
const planted = (bug: string, looks: string, check: string, breakage: Breakage, message = ''): Planted => {
  const skip = connectionChecks.map(({ name }) => name).filter((name) => !name.startsWith(check));
  const run = (how: Breakage, timeout: number | undefined) =>
    checkConnection(broken(how), { resets: false, skip, timeout });
  return {
    bug,
    looks,
    names: new RegExp(`1 of 1 checks failed\\n {2}${check.replace(/[()]/g, '\\$&')}.*: ${message}`, 's'),
    wrong: () => run(breakage, breakage.patience ?? 100),
    right: () => run({}, undefined),
  };
};

const wrapping = (members: (connection: Connection) => Partial<Connection>): Breakage => ({
  wrap: (connection) => override(connection, members(connection)),
});
const without = (name: keyof ConnectionOptions): Breakage => ({
  patience: 1000,
  options: ({ [name]: _, ...options }) => options,
});
const large = (chunk: Buffer) => chunk.length > 1000;
const MORE_THAN = 'it takes more than 100 ms until ';

describePlanted('transports', [
  planted(
    'the last byte of a large chunk is lost',
    'downloads never end',
    'bytes arrive whole',
    {
      write: (chunk) => (large(chunk) ? chunk.subarray(0, -1) : chunk),
    },
    `${MORE_THAN}all has arrived`,
  ),
  planted(
    'a byte is changed',
    'pictures with a stripe',
    'bytes arrive whole',
    {
      patience: 2000,
      write: (chunk) =>
        large(chunk)
          ? Buffer.concat([chunk.subarray(0, 999), Buffer.from([chunk[999]! ^ 1]), chunk.subarray(1000)])
          : chunk,
    },
    'what (near|far) reads: .* differ from byte \\d+ on\\n +expected',
  ),
  planted(
    'a chunk is sent twice',
    'an order is placed twice',
    'one read goes on',
    {
      patience: 1000,
      write: (chunk) => (chunk.includes('record') ? Buffer.concat([chunk, chunk]) : chunk),
    },
    'an iteration: .* differ from byte 6 on',
  ),
  planted('the first FIN ends both directions', 'the answer to the last request is missing', "the peer's FIN", {
    end: (_, far) => far.push(null) || far.end(),
  }),
  planted('FIN is never sent', 'the peer waits for ever', 'our FIN', { end: () => {} }, `${MORE_THAN}all has arrived`),
  planted('it takes everything at once', 'memory grows while the peer is slow', 'pressure is honest', {
    pressure: false,
  }),
  planted('it reads whatever is read of it', 'memory grows while the program is slow', 'a peer that does not read', {
    patience: 1000,
    pressure: false,
  }),
  planted(
    'closed never resolves',
    'the server does not shut down',
    'closed resolves',
    wrapping(() => ({ closed: new Promise(() => {}) })),
    `${MORE_THAN}closed`,
  ),
  planted(
    'destroy() does not end the peer',
    'connections of clients that have gone',
    'destroy() drops',
    { destroy: false },
    `${MORE_THAN}the peer sees an end`,
  ),
  planted(
    'destroy() leaves a read waiting',
    'a handler that never ends',
    'destroy() drops',
    wrapping(() => ({ destroy: () => {} })),
    `${MORE_THAN}everyone is told`,
  ),
  planted(
    'close() drops what is queued',
    'the last lines are missing',
    'close() sends everything',
    wrapping((connection) => ({
      close: (options) => {
        connection.writer.error(new Error('dropped'));
        return connection.close(options);
      },
    })),
  ),
  planted(
    'it counts wrongly',
    'a progress bar at 103 %',
    'pressure is honest',
    { patience: 1000, ...wrapping(() => ({ bytesWritten: 5 })) },
    'what waits and what was written',
  ),
  planted(
    'the limit is not handed on',
    'a line of a gigabyte',
    'a line above the limit',
    without('limit'),
    'a long line does not fail',
  ),
  planted(
    'maxQueued is not handed on',
    'memory grows while the peer is gone',
    'a write above what may wait',
    without('maxQueued'),
    'a write above maxQueued does not throw',
  ),
  planted(
    'the idle timeout is not handed on',
    'dead connections stay for days',
    'silence is ended',
    { ...without('idleTimeout'), patience: 100 },
    `${MORE_THAN}the end that hears nothing`,
  ),
]);
