// Proves that a connection which is handed over as a Duplex keeps all promises of a connection, and those of a Duplex.
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { of, take } from 'rxjs';
import {
  type Connection,
  type ConnectionOptions,
  connectionPair,
  lines,
  openConnection,
  ReaderBusyError,
  writeTo,
} from '../../src';
import { checkConnection } from '../../src/testing';
import { failureOf } from '../support/failureOf';
import { thrownBy } from '../support/thrownBy';
import { transports } from '../support/transports';
import { until } from '../support/until';

jest.setTimeout(60_000);

describe('Connection.toDuplex()', () => {
  describe.each(transports)('over $name', ({ name, open }) => {
    it.each(['client', 'server'] as const)('passes the checks of every connection, as %s', async (role) => {
      await checkConnection(
        async (options: ConnectionOptions) => {
          const { near, far, release } = await open(role);
          const handed = await openConnection({ ...options, socket: near.toDuplex() });
          return [handed, far, release] as const;
        },
        { resets: name !== 'Unix' && name !== 'memory' },
      );
    });
  });

  it('delivers the unread bytes first', async () => {
    const [near, far] = connectionPair();
    far.writer.write('line\nrest');
    expect(`${await near.reader.readLine()}`).toBe('line\n');
    const duplex = near.toDuplex();
    far.writer.write(' and more');
    far.writer.writeEof();
    const chunks: Buffer[] = [];
    for await (const chunk of duplex) chunks.push(chunk);
    expect(`${Buffer.concat(chunks)}`).toBe('rest and more');
  });

  it('makes reader and writer busy', async () => {
    const [near, far] = connectionPair();
    const duplex = near.toDuplex();
    expect(await failureOf(near.reader.readLine())).toBeInstanceOf(ReaderBusyError);
    const refused = new TypeError('Cannot write: the connection was handed over by toDuplex()');
    expect(thrownBy(() => near.writer.write('x'))).toEqual(refused);
    expect(thrownBy(() => near.writer.writeLines(['x']))).toEqual(refused);
    expect(await failureOf(new Promise((_, reject) => of('x').pipe(writeTo(near.writer)).subscribe({ error: reject })))).toEqual(refused);
    expect(thrownBy(() => near.toDuplex())).toBeInstanceOf(ReaderBusyError);
    duplex.end('y');
    far.writer.write('z');
    far.writer.writeEof();
    duplex.resume();
    expect(`${await far.reader.readAll()}`).toBe('y');
    await once(duplex, 'close');
    expect(thrownBy(() => near.toDuplex())).toEqual(
      new TypeError('Cannot hand over by toDuplex(): the connection was handed over before'),
    );
  });
});
