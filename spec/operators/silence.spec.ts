// Proves that a pause of the peer ends a frame, that a hold, a paused source and a busy event loop make no pause, and that
// memory is bounded.
import { retry, Subject, take } from 'rxjs';
import { connectionPair, LimitOverrunError, silence } from '../../src';
import { runMarbles } from '../../src/testing';
import { asText } from '../support/asText';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

describe('silence', () => {
  it.each<[string, string, string]>([
    ['never emits without a byte', '-', '-'],
    ['completes on an empty stream', '--|', '--|'],
    ['emits one frame after the pause', 'a---------|', '---A------|'],
    ['joins what arrives without a pause', 'a-b-c--------|', '-------D-----|'],
    ['starts the pause again with each chunk', 'a---b----|', '---A---B-|'],
    ['emits the rest at the end of the stream', 'a-b|', '---(E|)'],
    ['does not emit the rest before an error', 'a-----b#', '---A---#'],
  ])('%s', (_, arrives, emits) => {
    runMarbles(({ cold, expectObservable }) => {
      const chunks = { a: Buffer.from('a'), b: Buffer.from('b'), c: Buffer.from('c') };
      const source = cold(arrives, chunks);
      expectObservable(asText(source.pipe(silence(3)))).toBe(emits, { A: 'a', B: 'b', D: 'abc', E: 'ab' });
    });
  });

  it('reads from a reader, and leaves the rest to other reads when it is unsubscribed', () => {
    runMarbles(({ connection, expectObservable, scheduler }) => {
      const { reader } = connection('a-b------a-', { a: 'a', b: 'b' });
      expectObservable(asText(reader.pipe(silence(3), take(1)))).toBe('-----(a|)', { a: 'ab' });
      scheduler.schedule(() => expect(reader.bufferedAmount).toBe(1), 10);
    });
  });

  it('ignores empty chunks', () => {
    runMarbles(({ cold, expectObservable }) => {
      const source = cold('a-e-----|', { a: Buffer.from('a'), e: Buffer.alloc(0) });
      expectObservable(asText(source.pipe(silence(3)))).toBe('---a----|', { a: 'a' });
    });
  });

  it('cuts where the peer paused while the reader was held', () => {
    runMarbles(({ connection, expectObservable, scheduler }) => {
      const { reader } = connection('a-b-----a------b-', { a: 'a', b: 'b' });
      let release = () => {};
      scheduler.schedule(() => {
        release = reader.pause();
      }, 1);
      scheduler.schedule(() => release(), 14);
      expectObservable(asText(reader.pipe(silence(3)))).toBe('--------------(ab)c', { a: 'ab', b: 'a', c: 'b' });
      // The last pause begins with the last byte, not with the release.
      scheduler.schedule(() => expect(reader.bufferedAmount).toBe(1), 16);
    });
  });

  it('makes no pause of a hold: what arrives before and after it is one frame', () => {
    runMarbles(({ connection, expectObservable, scheduler }) => {
      const { reader } = connection('a-b-a-----', { a: 'a', b: 'b' });
      let release = () => {};
      scheduler.schedule(() => {
        release = reader.pause();
      }, 1);
      scheduler.schedule(() => release(), 3);
      expectObservable(asText(reader.pipe(silence(3)))).toBe('-------a', { a: 'aba' });
    });
  });

  it('counts bytes that arrived before as arrived with the subscription', () => {
    runMarbles(({ connection, expectObservable }) => {
      const { reader } = connection('a------b-----', { a: 'a', b: 'b' });
      expectObservable(asText(reader.pipe(silence(3))), '-----^').toBe('----------a', { a: 'ab' });
    });
  });

  it('makes no pause of a source that is paused', () => {
    runMarbles(({ scheduler }) => {
      const { reader, push, asked } = handFed(2);
      const { seen } = record(reader.pipe(silence(3, { limit: 100 })));
      const release = reader.pause();
      push('abcde');
      expect(asked).toEqual(['pause']);
      scheduler.schedule(() => expect(seen).toEqual([]), 10);
      scheduler.schedule(() => {
        release();
        expect(asked).toEqual(['pause', 'resume']);
        expect(seen).toEqual([]);
        push('f');
      }, 11);
      scheduler.schedule(() => expect(seen).toEqual(['abcdef']), 20);
    });
  });

  it('looks at the sockets once more before it believes in a pause: the event loop may have been busy', async () => {
    const { reader, push } = handFed(undefined, true);
    const { seen, subscription } = record(reader.pipe(silence(10)));
    push('a');
    // Both the clock and this callback of the poll phase are due when the loop is free again; timers run first.
    const read = new Promise<void>((resolve) => {
      setTimeout(() => {
        setImmediate(() => resolve());
        push('b');
      }, 10);
    });
    for (const until = performance.now() + 30; performance.now() < until; );
    await read;
    expect(seen).toEqual([]);
    subscription.unsubscribe();
    expect(reader.bufferedAmount).toBe(2);
  });

  describe('with a limit', () => {
    it('errors for a longer frame, drops what arrived of it, and retry reads on', () => {
      runMarbles(({ connection, expectObservable }) => {
        const { reader } = connection('a-b-----a----|', { a: 'ab', b: 'c' });
        expectObservable(asText(reader.pipe(silence(3, { limit: 2 })))).toBe('--#', {}, new LimitOverrunError(2, 3));
      });
      runMarbles(({ connection, expectObservable }) => {
        const { reader } = connection('a-b-----a----|', { a: 'ab', b: 'c' });
        expectObservable(asText(reader.pipe(silence(3, { limit: 2 }), retry(1)))).toBe('-----------a-|', { a: 'ab' });
      });
    });

    it('drops a longer frame through its pause with onOverrun, and goes on', () => {
      runMarbles(({ connection, expectObservable, flush }) => {
        const heard: string[] = [];
        const { reader } = connection('a-b-b-b-----a----|', { a: 'ab', b: 'c' });
        const onOverrun = ({ limit, consumed }: LimitOverrunError) => heard.push(`${limit} ${consumed}`);
        expectObservable(asText(reader.pipe(silence(3, { limit: 2, onOverrun })))).toBe('---------------a-|', {
          a: 'ab',
        });
        flush();
        expect(heard).toEqual(['2 3']);
      });
    });

    it('drops the rest of a longer frame also when the stream ends in it', () => {
      const heard: number[] = [];
      const { reader, push, end } = handFed();
      const { seen } = record(
        reader.pipe(silence(50, { limit: 2, onOverrun: ({ consumed }) => heard.push(consumed) })),
      );
      push('abc', 'd', 'e');
      end();
      expect(seen).toEqual(['|']);
      expect(heard).toEqual([3]);
    });

    it('is the limit of the reader by default', () => {
      const { reader, push } = handFed(4);
      const recording = record(reader.pipe(silence(50)));
      push('abcd');
      expect(recording.error).toBeUndefined();
      push('e');
      expect(recording.error).toEqual(new LimitOverrunError(4, 5));
    });

    it('keeps memory bounded for a peer that never pauses', async () => {
      const [device, host] = connectionPair();
      let dropped = 0;
      const read = host.reader
        .pipe(silence(1000, { limit: 256, onOverrun: () => dropped++ }))
        .subscribe(() => expect('a frame').toBe('none'));
      for (let i = 0; i < 200; i++) {
        device.writer.write(Buffer.alloc(65_536));
        await device.writer.drain();
        expect(host.reader.bufferedAmount).toBeLessThan(200_000);
      }
      expect(dropped).toBe(1);
      read.unsubscribe();
      device.destroy();
      host.destroy();
    });
  });

  it('leaves no timer behind', () => {
    runMarbles(({ scheduler }) => {
      const source = new Subject<Uint8Array>();
      const { subscription, seen } = record(source.pipe(silence(3)));
      source.next(Buffer.from('a'));
      subscription.unsubscribe();
      expect(scheduler.actions).toHaveLength(0);
      expect(seen).toEqual([]);
    });
  });

  it.each([
    [undefined, RangeError],
    [0, RangeError],
    [-1, RangeError],
    [Number.NaN, RangeError],
    [2 ** 31, RangeError],
    ['20', TypeError],
  ])('throws at the call for a pause of %p', (ms, type) => {
    expect(() => silence(ms as number)).toThrow(type);
  });

  it('throws at the call for an invalid limit', () => {
    expect(() => silence(20, { limit: 0 })).toThrow(RangeError);
  });
});
