// Proves that a script plays in memory, in virtual time and on live sockets alike, that every deviation fails, and that
// every pending wait learns of it, with the reason.
import { AssertionError } from 'node:assert';
import { concatMap, firstValueFrom, map, take, toArray } from 'rxjs';
import { type Connection, lines, openConnection, startServer } from '../../../src';
import { hex, type PeerScript, runMarbles, scriptedPeer } from '../../../src/testing';
import { byteByByte, everyCut } from '../../support/cuts';
import { failureOf } from '../../support/failureOf';
import { noUnhandledRejections } from '../../support/noUnhandledRejections';
import { portOf } from '../../support/portOf';
import { thrownBy } from '../../support/thrownBy';
import { turns } from '../../support/until';

noUnhandledRejections();

const HOST = '127.0.0.1';

/** The code under test: waits for a greeting, and answers it. */
async function greet({ reader, writer }: Connection, name: string): Promise<string> {
  writer.write('HELLO\r\n');
  const greeting = `${await reader.readLine()}`;
  writer.write(`NAME ${name}\r\n`);
  return greeting;
}

/** How a peer answers it. */
const greeter = () => scriptedPeer().receives('HELLO\r\n').sends('WHO?\r\n').receives('NAME ada\r\n');

async function messageOf(peer: PeerScript): Promise<string> {
  const failure = (await failureOf(peer.done)) as AssertionError;
  expect(failure).toBeInstanceOf(AssertionError);
  expect(thrownBy(() => peer.verify())).toBe(failure);
  return failure.message;
}

describe('scriptedPeer', () => {
  describe('in memory', () => {
    it('plays its steps', async () => {
      const peer = greeter().receivesFin();
      const connection = peer.connect();
      expect(await greet(connection, 'ada')).toBe('WHO?\r\n');
      expect(await connection.close()).toEqual({ by: 'local' });
      await peer.done;
      peer.verify();
    });

    it('receives its bytes in any chunks', async () => {
      const bytes = Buffer.from('AB\nCD\nE');
      for (const cut of [...everyCut(bytes), byteByByte(bytes)]) {
        const peer = scriptedPeer().receives('AB\n').receivesUntil('\n', /^CD/).receives(hex`45`).receivesFin();
        const { writer } = peer.connect();
        for (const chunk of cut) {
          writer.write(chunk);
          await writer.flush();
        }
        writer.writeEof();
        await peer.done;
      }
    });

    it('receives ahead of its steps: early bytes wait for their step', async () => {
      const peer = scriptedPeer().receives('one').sends('1').receives('two').sends('2').fin();
      const { reader, writer } = peer.connect();
      writer.write('onetwo');
      expect(`${await reader.readAll()}`).toBe('12');
      await peer.done;
    });

    it('answers with received bytes', async () => {
      const peer = scriptedPeer()
        .receivesUntil(['\n', ';'], (bytes) => bytes.length < 10)
        .sends((bytes) => `${bytes}`.toUpperCase())
        .receives('x')
        .sends((bytes) => Buffer.concat([bytes, bytes]))
        .fin();
      const { reader, writer } = peer.connect();
      writer.writeLines(['id 7;', 'x']);
      expect(`${await reader.readAll()}`).toBe('ID 7;xx');
    });

    it('can end first, and reset', async () => {
      const ended = scriptedPeer().sends('bye').fin().receives('late').receivesFin();
      const one = ended.connect();
      expect(`${await one.reader.readAll()}`).toBe('bye');
      one.writer.write('late');
      one.writer.writeEof();
      await ended.done;
      expect(await one.closed).toEqual({ by: 'peer' });

      const broken = scriptedPeer().receives('x').reset();
      const other = broken.connect();
      other.writer.write('x');
      expect(await other.closed).toMatchObject({ by: 'reset', error: { code: 'ECONNRESET' } });
      await broken.done;
      broken.verify();
    });

    it('answers FIN with FIN at the end', async () => {
      const peer = scriptedPeer().sends('x');
      const connection = peer.connect();
      await peer.done;
      await connection.reader.readExactly(1);
      expect(await connection.close({ timeout: 0 })).toEqual({ by: 'local' });
    });

    it('reads nothing while it waits, which causes pressure', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
      try {
        const peer = scriptedPeer().wait(100).receives(Buffer.alloc(1000));
        const { writer } = peer.connect({ capacity: 10, limit: 10, highWaterMark: 100 });
        for (let i = 0; i < 100; i++) {
          writer.write(Buffer.alloc(10));
          await turns(1);
        }
        expect(writer.bufferedAmount).toBeGreaterThan(900);
        jest.advanceTimersByTime(100);
        await peer.done;
        expect(writer.bufferedAmount).toBe(0);
      } finally {
        jest.useRealTimers();
      }
    });
  });

  describe('fails', () => {
    it('at the first byte that differs, with both sides, the place and the steps', async () => {
      const peer = greeter();
      const connection = peer.connect();
      await greet(connection, 'eve');
      expect((await messageOf(peer)).split('\n')).toEqual([
        "Cannot go on with the script at step 3 of 3, receives 'NAME ada\\r\\n': byte 5 is 65 'e', not 61 'a'",
        '',
        "  expected   'NAME ada\\r\\n'",
        '             4e 41 4d 45 20 61 64 61 0d 0a',
        "  seen       'NAME eve\\r\\n'",
        '             4e 41 4d 45 20 65 76 65 0d 0a',
        '                            ^^ byte 5',
        '',
        "  1. receives 'HELLO\\r\\n'",
        "  2. sends 'WHO?\\r\\n'",
        "> 3. receives 'NAME ada\\r\\n'",
      ]);
    });

    it('with the place of the step that cannot be done, or of the start', async () => {
      const placeOf = (error: unknown) => (error as Error).stack?.split('\n    at ')[1]?.match(/spec\.ts:(\d+)/)?.[1];
      const here = Number(placeOf(new Error('here')));
      const peer = scriptedPeer().receives('a');
      peer.receives('b');
      peer.connect().writer.write('ax');
      expect(Number(placeOf(await failureOf(peer.done))) - here).toBe(2);
      const nothing = scriptedPeer();
      nothing.connect().writer.write('x');
      await turns(2);
      expect(Number(placeOf(thrownBy(() => nothing.verify()))) - here).toBe(6);
    });

    it('before all bytes arrive, once the difference is certain', async () => {
      const peer = scriptedPeer().receives('a long line');
      peer.connect().writer.write('a sh');
      expect(await messageOf(peer)).toContain("byte 2 is 73 's', not 6c 'l'");
    });

    it.each<[string, (peer: PeerScript) => PeerScript, (connection: Connection) => void, string]>([
      [
        'bytes after the last step',
        (peer) => peer.receives('a'),
        ({ writer }) => writer.write('ab'),
        "at its end: 'b' came after the last step",
      ],
      [
        'bytes without a step',
        (peer) => peer,
        ({ writer }) => writer.write('a'),
        "at its end: 'a' came after the last step",
      ],
      [
        'bytes instead of FIN',
        (peer) => peer.receivesFin(),
        ({ writer }) => writer.write('a'),
        "step 1 of 1, receivesFin: 'a' came instead",
      ],
      [
        'FIN inside of bytes',
        (peer) => peer.receives('abc'),
        ({ writer }) => {
          writer.write('ab');
          writer.writeEof();
        },
        "receives 'abc': the other side ended after 2 of 3 bytes",
      ],
      [
        'FIN inside of a record',
        (peer) => peer.receivesUntil('\n'),
        ({ writer }) => {
          writer.write('ab');
          writer.writeEof();
        },
        "receivesUntil '\\n': the other side ended after 'ab'",
      ],
      [
        'a record that does not match',
        (peer) => peer.receivesUntil('\n', /^\d+\n$/),
        ({ writer }) => writer.write('ab\n'),
        "receivesUntil '\\n' /^\\d+\\n$/: 'ab\\n' does not pass the check",
      ],
      [
        'a record that a function rejects',
        (peer) => peer.receivesUntil('\n', () => false),
        ({ writer }) => writer.write('ab\n'),
        "'ab\\n' does not pass the check",
      ],
      [
        'a record too long',
        (peer) => peer.receivesUntil('\n'),
        ({ writer }) => writer.write(Buffer.alloc(2 ** 17, 'x')),
        'Cannot read the frame',
      ],
      [
        'a reset',
        (peer) => peer.receives('x'),
        (connection) => connection.reset(),
        'the connection is gone: Error: read ECONNRESET',
      ],
    ])('on %s', async (_, script, use, said) => {
      const peer = script(scriptedPeer());
      use(peer.connect({ limit: 64 * 1024 }));
      await peer.done.then(() => turns(5)).catch(() => {});
      expect((thrownBy(() => peer.verify()) as Error).message).toContain(said);
    });

    it('with an error that a check throws as its cause', async () => {
      const reason = new Error('not mine');
      const check = () => {
        throw reason;
      };
      const peer = scriptedPeer().receivesUntil('\n', check);
      peer.connect().writer.write('x\n');
      expect(await failureOf(peer.done)).toMatchObject({ cause: reason });
    });

    it('when the other side stays silent, after its time', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
      try {
        const peer = scriptedPeer({ timeout: 50 }).receives('PING');
        peer.connect().writer.write('PI');
        await turns(2);
        jest.advanceTimersByTime(49);
        expect(() => peer.verify()).toThrow('it is not done');
        jest.advanceTimersByTime(1);
        const message = await messageOf(peer);
        expect(message).toContain("receives 'PING': it was not received in 50 ms");
        expect(message).toContain('^^ byte 2');
        const patient = scriptedPeer().receives('PING');
        patient.connect();
        jest.advanceTimersByTime(2000);
        expect(await messageOf(patient)).toContain('in 2000 ms');
        const done = scriptedPeer({ timeout: 50 }).receives('x');
        done.connect().writer.write('x');
        await done.done;
        expect(jest.getTimerCount()).toBe(0);
      } finally {
        jest.useRealTimers();
      }
    });

    it('and rejects the waits on the connection', async () => {
      const peer = scriptedPeer().receives('PING');
      const { reader, writer, closed } = peer.connect();
      writer.write('PONG');
      const error = await failureOf(reader.readLine());
      expect(error).toBe(await failureOf(peer.done));
      expect(await closed).toEqual({ by: 'error', error });
      expect(await failureOf(reader.readLine())).toBe(error);
      expect(thrownBy(() => writer.write('x'))).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: error });
    });

    it('in verify() while steps are left', () => {
      expect(() => scriptedPeer().sends('x').verify()).toThrow(/step 1 of 1, sends 'x': it was not played/);
      const peer = scriptedPeer().sends('x').receives('y');
      peer.connect().destroy();
      expect(() => peer.verify()).toThrow(/step 2 of 2, receives 'y': it is not done/);
    });

    it('later too, in verify(), when more bytes arrive after the last step', async () => {
      const peer = scriptedPeer().receives('x');
      const { writer } = peer.connect();
      writer.write('x');
      await peer.done;
      peer.verify();
      writer.write('y');
      await turns(2);
      expect(() => peer.verify()).toThrow("'y' came after the last step");
    });

    it('and shows the steps around the failed one', async () => {
      const peer = scriptedPeer();
      for (let i = 0; i < 20; i++) peer.receives(`${i};`);
      peer.connect().writer.write(`${Array.from({ length: 10 }, (_, i) => `${i};`).join('')}x`);
      const message = await messageOf(peer);
      expect(
        message
          .split('\n\n')[2]
          ?.split('\n')
          .map((line) => line.trim().split(' receives')[0]),
      ).toEqual(['6.', '7.', '8.', '9.', '10.', '> 11.', '12.', '13.', '14.', '15.', '16.']);
    });
  });

  describe('throws at the call', () => {
    it('for an invalid step', () => {
      expect(() => scriptedPeer().receives(5 as never)).toThrow(TypeError);
      expect(() => scriptedPeer().sends(null as never)).toThrow(TypeError);
      expect(() => scriptedPeer().receivesUntil('')).toThrow(RangeError);
      expect(() => scriptedPeer().wait(-1)).toThrow(RangeError);
      expect(() => scriptedPeer({ timeout: -1 })).toThrow(RangeError);
      expect(() => scriptedPeer({ scheduler: {} as never })).toThrow(TypeError);
    });

    it('when it is played twice, or extended after that', () => {
      const peer = scriptedPeer();
      peer.connect();
      expect(() => peer.connect()).toThrow('Cannot play the script again');
      expect(() => peer.sends('x')).toThrow("Cannot add sends 'x' to the script: it is played already");
    });
  });

  describe('in virtual time', () => {
    it('plays, waits and ends in virtual time', () => {
      runMarbles(({ scheduler, expectObservable }) => {
        const peer = scriptedPeer({ scheduler }).receives('PING\n').wait(3_600_000).sends('PONG\n').receivesFin().fin();
        const { reader, writer } = peer.connect();
        writer.write('PING\n');
        const answers = reader.pipe(
          lines(),
          map((line) => {
            writer.complete();
            return line;
          }),
        );
        expectObservable(answers).toBe('60m (p|)', { p: 'PONG' });
        scheduler.schedule(() => peer.verify(), 3_600_001);
      });
    });

    it('throws the failure when the scheduler is flushed', () => {
      const run = () =>
        runMarbles(({ scheduler }) => {
          scriptedPeer({ scheduler }).receives('PING').connect().writer.write('PONG');
        });
      expect(run).toThrow(AssertionError);
      expect(run).toThrow("byte 1 is 4f 'O', not 49 'I'");
    });

    it('has a time limit only if it is given', () => {
      const run = () =>
        runMarbles(({ peer }) => {
          peer({ timeout: 1000 }).receives('PING').connect();
        });
      expect(run).toThrow('it was not received in 1000 ms');
    });
  });

  describe('on live sockets', () => {
    it('plays as a server, and as a client', async () => {
      const serving = greeter().receivesFin();
      const server = await startServer((connection) => serving.on(connection).done, { host: HOST, port: 0 });
      const client = await openConnection({ host: HOST, port: portOf(server) });
      expect(await greet(client, 'ada')).toBe('WHO?\r\n');
      await client.close();
      await serving.done;
      await server.close();

      const echo = await startServer(({ reader, writer }) => reader.forEach((chunk) => void writer.write(chunk)), {
        host: HOST,
        port: 0,
      });
      const asking = scriptedPeer()
        .sends('one')
        .receives('one')
        .wait(1)
        .sends('two')
        .fin()
        .receives('two')
        .receivesFin();
      const dialed = await openConnection({ host: HOST, port: portOf(echo) });
      await asking.on(dialed).done;
      expect(await dialed.closed).toEqual({ by: 'local' });
      await echo.close();
    });

    it('resets a client that deviates', async () => {
      const peer = greeter();
      const server = await startServer((connection) => peer.on(connection).done, { host: HOST, port: 0 });
      const failures = firstValueFrom(
        server.errors.pipe(
          take(1),
          map(({ error }) => error),
        ),
      );
      const client = await openConnection({ host: HOST, port: portOf(server) });
      client.writer.write('GOODBYE\r\n');
      expect(await client.closed).toMatchObject({ by: 'reset' });
      expect(await messageOf(peer)).toContain("byte 0 is 47 'G', not 48 'H'");
      expect(await failures).toBe(thrownBy(() => peer.verify()));
      await server.close();
    });
  });

  it('works with a pipe of operators', async () => {
    const peer = scriptedPeer().receives('1\n').sends('one\n').receives('2\n').sends('two\n').fin().receivesFin();
    const { reader, writer } = peer.connect();
    writer.write('1\n');
    const answers = reader.pipe(
      lines(),
      concatMap((line, i) => {
        if (i === 0) writer.write('2\n');
        return [line];
      }),
      toArray(),
    );
    expect(await firstValueFrom(answers)).toEqual(['one', 'two']);
    writer.complete();
    await peer.done;
  });
});
