// Proves that a ByteBuffer is a queue of bytes (compared with a model that joins everything), that it copies only
// frames across chunks, and that it searches no byte twice for the same separator.
import * as assert from 'node:assert';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { ByteBuffer } from '../../src/bytes/ByteBuffer';
import { Needle } from '../../src/bytes/Needle';
import { countScans } from '../support/countScans';
import { byteByByte, bytes, cutsOf, everyNth } from '../support/cuts';
import { runs } from '../support/runs';

function filled(...chunks: (string | Uint8Array)[]): ByteBuffer {
  const buffer = new ByteBuffer();
  for (const chunk of chunks) buffer.append(typeof chunk === 'string' ? bytes(chunk) : chunk);
  return buffer;
}

describe('ByteBuffer', () => {
  describe('memory', () => {
    it('take() inside one chunk returns a view of the same memory', () => {
      const chunk = bytes('one\ntwo\nthree');
      const buffer = filled(chunk);
      const frames = [buffer.take(4), buffer.take(4), buffer.peek(2), buffer.takeChunk()];
      expect(frames.map(String)).toEqual(['one\n', 'two\n', 'th', 'three']);
      expect(frames.map(({ byteOffset }) => byteOffset)).toEqual([0, 4, 8, 8]);
      for (const frame of frames) expect(frame.buffer).toBe(chunk.buffer);
      chunk[0] = 'O'.charCodeAt(0);
      expect(`${frames[0]}`).toBe('One\n');
    });

    it('take() views the correct part of a chunk that is itself a view', () => {
      const memory = bytes('....abcdef....');
      const buffer = filled(new Uint8Array(memory.buffer, 4, 6));
      expect(`${buffer.take(2)}`).toBe('ab');
      const rest = buffer.take(4);
      expect(rest).toEqual(Buffer.from('cdef'));
      expect(rest.byteOffset).toBe(6);
    });

    it('take() copies a frame across chunks once, into memory of its own', () => {
      const chunks = [bytes('ab'), bytes('cd'), bytes('ef')];
      const alloc = jest.spyOn(Buffer, 'allocUnsafe');
      const concat = jest.spyOn(Buffer, 'concat');
      const frame = filled(...chunks).take(5);
      expect(alloc.mock.calls).toEqual([[5]]);
      expect(concat).not.toHaveBeenCalled();
      alloc.mockRestore();
      concat.mockRestore();
      expect(`${frame}`).toBe('abcde');
      for (const chunk of chunks) expect(frame.buffer).not.toBe(chunk.buffer);
    });

    it('take() returns an ordinary Buffer', () => {
      const buffer = filled('abcd', 'ef');
      for (const [frame, text] of [
        [buffer.peek(2), 'ab'],
        [buffer.peek(6), 'abcdef'],
        [buffer.take(1), 'a'],
        [buffer.takeChunk(), 'bcd'],
        [buffer.take(0), ''],
        [buffer.take(2), 'ef'],
        [buffer.takeChunk(), ''],
      ] as [Buffer, string][]) {
        assert.deepStrictEqual(frame, Buffer.from(text));
        expect(Buffer.isBuffer(frame)).toBe(true);
        expect(frame.constructor).toBe(Buffer);
        expect(frame.toString('utf8')).toBe(text);
        expect(JSON.stringify(frame)).toBe(JSON.stringify(Buffer.from(text)));
      }
    });

    it('append() accepts Uint8Arrays, also of other realms and on shared memory', () => {
      const shared = new Uint8Array(new SharedArrayBuffer(2));
      shared.set([0x63, 0x64]);
      const buffer = filled(runInNewContext('Uint8Array.of(0x61, 0x62)'), shared);
      expect(`${buffer.take(1)}`).toBe('a');
      expect(`${buffer.take(3)}`).toBe('bcd');
    });

    it('releases the chunks that were consumed', () => {
      const buffer = filled(...byteByByte(Buffer.alloc(5000, 'x')));
      buffer.skip(4000);
      const kept = (buffer as unknown as { rest: Buffer[]; restAt: number }).rest.filter(({ length }) => length > 0);
      expect(kept.length).toBeLessThan(1000);
    });
  });

  describe('as a queue', () => {
    it('take() crosses chunks, also empty ones, for every way of cutting', () => {
      for (const cut of cutsOf(bytes('abcdefgh'))) {
        const buffer = filled('', ...cut, '');
        expect([buffer.take(3), buffer.take(0), buffer.take(4), buffer.take(1)].map(String)).toEqual([
          'abc',
          '',
          'defg',
          'h',
        ]);
        expect(buffer.length).toBe(0);
      }
    });

    it('takeChunk() returns at most the first chunk', () => {
      const buffer = filled('abcd', 'ef');
      expect([buffer.takeChunk(3), buffer.takeChunk(3), buffer.takeChunk(9)].map(String)).toEqual(['abc', 'd', 'ef']);
    });

    it('at() returns the byte at an index, and undefined past the end', () => {
      const buffer = filled('ab', 'c', 'de');
      buffer.skip(1);
      expect([-1, 0, 1, 2, 3, 4].map((i) => buffer.at(i))).toEqual([undefined, 0x62, 0x63, 0x64, 0x65, undefined]);
    });

    it('peek() returns at most the buffered bytes', () => {
      const buffer = filled('ab', 'c');
      expect(
        [buffer.peek(0), buffer.peek(1), buffer.peek(3), buffer.peek(99), buffer.peek(Number.POSITIVE_INFINITY)].map(
          String,
        ),
      ).toEqual(['', 'a', 'abc', 'abc', 'abc']);
      expect(buffer.length).toBe(3);
    });

    it.each([4, -1, Number.NaN])('throws for taking or skipping %p of 3 bytes, and keeps them', (n) => {
      const buffer = filled('ab', 'c');
      // By name: the runtime throws the one for -1, outside of the realm of the specs.
      expect(() => buffer.take(n)).toThrow(expect.objectContaining({ name: 'RangeError' }));
      expect(() => buffer.skip(n)).toThrow(expect.objectContaining({ name: 'RangeError' }));
      expect(`${buffer.take(3)}`).toBe('abc');
    });

    it('names the number of buffered bytes in that error', () => {
      expect(() => filled('abc').take(4)).toThrow('Cannot take 4 bytes: there are 3');
      expect(() => filled('abc').skip(4)).toThrow('Cannot skip 4 bytes: there are 3');
    });
  });

  describe('when the first chunk is consumed', () => {
    it('goes on counting consumed bytes', () => {
      const buffer = filled('abc', 'de', 'fg', 'hij');
      const positions: number[] = [];
      for (const n of [2, 1, 3, 0, 2, 2]) {
        buffer.skip(n);
        positions.push(buffer.position);
      }
      buffer.append(bytes('k'));
      buffer.take(1);
      expect([...positions, buffer.position]).toEqual([2, 3, 6, 6, 8, 10, 11]);
    });

    // In one call, in two, and across the border to the next chunk.
    it.each([[[4]], [[1, 3]], [[6]], [[4, 4, 1]]])('looks in the correct chunk after %j consumed bytes', (counts) => {
      const whole = 'abcdefghijklmnopqrst';
      const buffer = filled(...everyNth(bytes(whole), 4));
      // Leaves a mark where the last chunk but one begins.
      expect(buffer.at(13)).toBe(whole.charCodeAt(13));
      let at = 0;
      for (const n of counts) {
        buffer.skip(n);
        at += n;
        expect(buffer.at(16 - at)).toBe(whole.charCodeAt(16));
        expect(buffer.at(15 - at)).toBe(whole.charCodeAt(15));
        expect(`${buffer.peek(3, 15 - at)}`).toBe('pqr');
        expect(buffer.indexOf('rs', 16 - at)).toBe(17 - at);
      }
    });

    it('remembers how far it has searched, and searches nothing twice', () => {
      const buffer = filled('..abcd', 'efgh', 'ijkl');
      buffer.skip(2);
      // From after the front of the first chunk and of the second.
      buffer.indexOf('\n');
      buffer.indexOf('\r', 6);
      const scans = countScans(() => {
        buffer.skip(4);
        expect([buffer.indexOf('\n'), buffer.indexOf('\r', 2)]).toEqual([-1, -1]);
        buffer.skip(4);
        expect([buffer.indexOf('\n'), buffer.indexOf('\r')]).toEqual([-1, -1]);
      });
      expect(scans.total()).toBe(0);
      buffer.append(bytes('\r\n'));
      expect([buffer.indexOf('\n'), buffer.indexOf('\r')]).toEqual([5, 4]);
    });

    it.each([64, 65, 300, 5000])(
      'searches each byte once for each of %i separators, from record to record',
      (count) => {
        const separators = Array.from({ length: count }, (_, i) => Needle.of(`<${i}>`));
        const buffer = filled('record<0>'.repeat(20));
        // After another search.
        buffer.indexOf('\n');
        const scans = countScans(() => {
          for (let i = 0; i < 20; i++) {
            // With calls that create the separators anew.
            expect(buffer.search(separators.map(({ bytes }) => Needle.of(bytes)))).toEqual({ start: 6, end: 9 });
            buffer.skip(9);
          }
        });
        expect(scans.total()).toBeLessThanOrEqual(count * 180);
      },
    );

    it('remembers a match until it is consumed', () => {
      const buffer = filled('abcd', 'e\nfg', 'hi\n');
      buffer.indexOf('\n');
      expect(countScans(() => buffer.skip(4)).total()).toBe(0);
      expect(countScans(() => expect(buffer.indexOf('\n')).toBe(1)).total()).toBe(0);
      buffer.skip(2);
      expect(buffer.indexOf('\n')).toBe(4);
      buffer.skip(2);
      expect(countScans(() => expect(buffer.indexOf('\n')).toBe(2)).total()).toBe(0);
    });

    it('keeps no position that grows with the stream', () => {
      const buffer = new ByteBuffer();
      buffer.indexOf('\n');
      for (let i = 0; i < 100; i++) {
        buffer.append(Buffer.alloc(100));
        buffer.append(Buffer.alloc(100));
        if (i < 3) buffer.at(150);
        buffer.skip(200);
      }
      const { soughtBase, memos } = buffer as unknown as {
        soughtBase: number;
        memos: [{ from: number; scanned: number }];
      };
      expect([buffer.position, soughtBase, memos[0].from, memos[0].scanned]).toEqual([20_000, 0, 0, -1]);
    });
  });

  describe('peek(n, from) and readUInt', () => {
    it('look at any index for every way of cutting, and consume nothing', () => {
      const whole = Buffer.from([0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07]);
      for (const cut of cutsOf(whole)) {
        const buffer = filled(bytes('.'), ...cut);
        buffer.skip(1);
        const seen: [string, number, number][] = [];
        const expected: [string, number, number][] = [];
        for (let from = 0; from <= whole.length + 1; from++) {
          for (let n = 1; n <= 6; n++) {
            const there = from + n <= whole.length;
            seen.push([
              buffer.peek(n, from).toString('hex'),
              there ? buffer.readUInt(from, n) : 0,
              there ? buffer.readUInt(from, n, true) : 0,
            ]);
            expected.push([
              whole.toString('hex', from, from + n),
              there ? whole.readUIntBE(from, n) : 0,
              there ? whole.readUIntLE(from, n) : 0,
            ]);
          }
        }
        expect(seen).toEqual(expected);
        expect(buffer.length).toBe(whole.length);
      }
    });
  });

  it('never shows bytes before the front: neither consumed ones nor the memory before a chunk', () => {
    const memory = bytes('secretabc');
    const buffer = filled(memory.subarray(6), 'de');
    expect([buffer.peek(2, -4), buffer.peek(9, -4)].map(String)).toEqual(['ab', 'abcde']);
    buffer.skip(2);
    expect([buffer.peek(1, -1), buffer.peek(9, -1)].map(String)).toEqual(['c', 'cde']);
  });

  it.each([
    [0, 0],
    [0, 7],
    [0, Number.NaN],
    [-1, 2],
  ])('throws for an integer at %d of %d bytes', (offset, size) => {
    const buffer = filled('abcdefgh');
    expect(() => buffer.readUInt(offset, size)).toThrow(RangeError);
    expect(() => buffer.readUInt(7, 2)).toThrow('Cannot read 2 bytes: there are 1');
    expect(buffer.length).toBe(8);
  });

  describe('indexOf()', () => {
    it.each([
      ['\n', 'ab\ncd\n'],
      ['\r\n', 'a\r\r\nb\n\r\n'],
      ['aab', 'aaabaaaab'],
      ['\0\0\x01', '\0\0\0\x01\0\0'],
      ['é€', 'éé€€'],
    ])('finds the first %j in %j for every way of cutting, from every index', (separator, text) => {
      const whole = bytes(text);
      for (const cut of cutsOf(whole)) {
        const buffer = filled(...cut);
        for (let from = 0; from <= whole.length + 1; from++) {
          expect(buffer.indexOf(separator, from)).toBe(from > whole.length ? -1 : whole.indexOf(separator, from));
        }
      }
    });

    it('treats an index before the front as the front, and remembers nothing wrong', () => {
      const buffer = filled('a;bcd;');
      expect([buffer.indexOf(';', -1), buffer.indexOf(';', -3)]).toEqual([1, 1]);
      expect([buffer.indexOf('bc', -1), buffer.indexOf('bc')]).toEqual([2, 2]);
      buffer.skip(2);
      expect([buffer.indexOf(';', -1), buffer.indexOf('bc', -2), buffer.indexOf('a', -2)]).toEqual([3, 0, -1]);
    });

    it('finds a separator whose bytes arrive one by one, with a search after each', () => {
      const buffer = new ByteBuffer();
      for (const byte of byteByByte(bytes('a<separator'))) {
        buffer.append(byte);
        expect(buffer.indexOf('<separator>')).toBe(-1);
      }
      buffer.append(bytes('>'));
      expect(buffer.indexOf('<separator>')).toBe(1);
    });

    it('searches no byte twice for the same separator, after appends, other searches and an unread match', () => {
      const size = 50_000;
      const whole = Buffer.alloc(size, 'x');
      const buffer = new ByteBuffer();
      const scans = countScans(() => {
        for (const chunk of everyNth(whole, 100)) {
          buffer.append(chunk);
          buffer.indexOf('\n');
          buffer.indexOf(Buffer.from([0]));
          buffer.indexOf('\n');
          buffer.at(0);
          buffer.peek(3);
        }
      });
      expect(scans.bytes.get(10)).toBe(size);
      expect(scans.bytes.get(0)).toBe(size);
    });

    it('searches again only the bytes that may begin a separator', () => {
      const size = 50_000;
      const buffer = new ByteBuffer();
      const scans = countScans(() => {
        for (const chunk of everyNth(Buffer.alloc(size, 'x'), 100)) {
          buffer.append(chunk);
          buffer.indexOf('\r\n\r\n');
        }
      });
      expect(scans.total()).toBeLessThanOrEqual(size + 3 * (size / 100));
      // Without this, nothing was counted.
      expect(scans.total()).toBeGreaterThanOrEqual(size);
    });

    it('keeps its search memory while frames before the match are consumed', () => {
      const buffer = filled(Buffer.alloc(10_000, 'x'));
      const scans = countScans(() => {
        for (let i = 0; i < 100; i++) {
          expect(buffer.indexOf('\n')).toBe(-1);
          buffer.take(50);
          buffer.skip(50);
        }
      });
      expect(scans.total()).toBe(10_000);
    });

    it('finds a known match without a search', () => {
      const buffer = filled(`${'x'.repeat(100)}\n`, 'y');
      buffer.indexOf('\n');
      const scans = countScans(() => {
        expect(buffer.indexOf('\n')).toBe(100);
        buffer.skip(40);
        expect(buffer.indexOf('\n', 10)).toBe(60);
      });
      expect(scans.total()).toBe(0);
    });

    it('remembers the second match while the first is unread, for a frame with two separators', () => {
      const buffer = filled('head\n');
      const scans = countScans(() => {
        for (let i = 0; i < 100; i++) {
          const first = buffer.indexOf('\n');
          expect(buffer.indexOf('\n', first + 1)).toBe(-1);
          buffer.append(Buffer.alloc(100, 'x'));
        }
      });
      expect(scans.total()).toBe(5 + 99 * 100);
    });

    it('remembers any number of separators', () => {
      const separators = Array.from({ length: 40 }, (_, i) => Buffer.from([200 + i]));
      const buffer = new ByteBuffer();
      const scans = countScans(() => {
        for (const chunk of everyNth(Buffer.alloc(10_000, 'x'), 100)) {
          buffer.append(chunk);
          for (const separator of separators) buffer.indexOf(separator);
        }
      });
      expect(scans.total()).toBe(40 * 10_000);
    });

    it('is linear over many small chunks: the search for each line starts at the chunk of the line', () => {
      const count = 20_000;
      const buffer = new ByteBuffer();
      for (let i = 0; i < count; i++) buffer.append(Buffer.from('ab\n'));
      const rest = (buffer as unknown as { rest: Buffer[] }).rest;
      let looks = 0;
      (buffer as unknown as { rest: Buffer[] }).rest = new Proxy(rest, {
        get(target, key) {
          looks++;
          return Reflect.get(target, key);
        },
      });
      for (let i = 0; i < 100; i++) buffer.take(buffer.indexOf('\n') + 1);
      expect(looks).toBeLessThan(100 * 20);
    });
  });

  describe('frameStart', () => {
    it('is the position of the first unread byte, or -1', () => {
      const buffer = new ByteBuffer();
      expect(buffer.frameStart).toBe(-1);
      buffer.append(bytes('abc'));
      buffer.append(bytes('def'));
      expect(buffer.frameStart).toBe(0);
      buffer.take(4);
      expect(buffer.frameStart).toBe(4);
      buffer.clear();
      expect(buffer.frameStart).toBe(-1);
    });

    it('stays the position of the dropped record until its separator arrives', () => {
      const buffer = new ByteBuffer();
      buffer.append(bytes('ok\ntoo long'));
      buffer.take(3);
      buffer.skipThrough('\n');
      expect([buffer.length, buffer.frameStart]).toEqual([0, 3]);
      buffer.append(bytes(' and longer'));
      expect(buffer.frameStart).toBe(3);
      buffer.append(bytes('\n'));
      expect(buffer.frameStart).toBe(-1);
      buffer.append(bytes('next'));
      expect(buffer.frameStart).toBe(buffer.position);
    });
  });

  describe('skipThrough', () => {
    it.each(['\n', '\r\n', 'aab'])('drops everything through the next %j, for every way of cutting', (separator) => {
      for (const cut of cutsOf(bytes(`xyaa${separator}next`))) {
        for (let before = 0; before <= cut.length; before++) {
          const buffer = filled(...cut.slice(0, before));
          buffer.skipThrough(separator);
          for (const chunk of cut.slice(before)) buffer.append(chunk);
          expect(`${buffer.take(buffer.length)}`).toBe('next');
        }
      }
    });

    it('drops through the match that ends first, for every way of cutting', () => {
      for (const cut of cutsOf(bytes('xabcd--next'))) {
        for (let before = 0; before <= cut.length; before++) {
          const buffer = filled(...cut.slice(0, before));
          buffer.skipThrough(['bcd-', 'cd', '--']);
          for (const chunk of cut.slice(before)) buffer.append(chunk);
          expect(`${buffer.take(buffer.length)}`).toBe('--next');
        }
      }
    });

    it('does not search again the bytes that were searched before', () => {
      const buffer = filled(Buffer.alloc(100_000, 'x'));
      buffer.indexOf('\r\n');
      expect(countScans(() => buffer.skipThrough('\r\n')).total()).toBeLessThan(10);
    });

    it('leaves the buffer empty until the separator arrives', () => {
      const buffer = filled('abc\r');
      buffer.skipThrough('\r\n');
      expect(buffer.length).toBe(0);
      buffer.append(bytes('more'));
      expect([buffer.length, buffer.indexOf('m'), buffer.at(0)]).toEqual([0, -1, undefined]);
      buffer.append(bytes('\r\nx'));
      expect(`${buffer.take(1)}`).toBe('x');
    });

    it('keeps no memory of dropped bytes', () => {
      const buffer = filled('x');
      buffer.skipThrough('</end>');
      for (let i = 0; i < 100; i++) buffer.append(Buffer.alloc(10_000, '<'));
      const { tail } = (buffer as unknown as { discarding: { tail: Buffer } }).discarding;
      expect(tail.length).toBeLessThan(6);
      expect(tail.buffer.byteLength).toBe(tail.length);
    });

    it('leaves the search memory correct', () => {
      const buffer = filled('a;b');
      expect([buffer.indexOf(';'), buffer.indexOf('z', 2)]).toEqual([1, -1]);
      buffer.skipThrough('\n');
      buffer.append(bytes('c;d\ne;z'));
      expect([buffer.indexOf(';'), buffer.indexOf('z'), buffer.length]).toEqual([1, 2, 3]);
    });
  });

  describe('compared with a model that joins all chunks', () => {
    const separators = ['a', 'b', 'ab', 'aab', 'ba', 'aaaa'].map((text) => Needle.of(text));
    const chunk = fc
      .array(fc.constantFrom(0x61, 0x61, 0x61, 0x62, 0x63), { maxLength: 9 })
      .map((codes) => Buffer.from(codes));
    const n = fc.nat(14);
    const separator = fc.constantFrom(...separators);
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.constant('append' as const), chunk) },
      { weight: 5, arbitrary: fc.tuple(fc.constant('indexOf' as const), separator, n) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('take' as const), n) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('skip' as const), n) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('peek' as const), n) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('at' as const), n) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('takeChunk' as const), n) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('cut' as const), n) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('skipThrough' as const), separator) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('clear' as const)) },
    );

    it('returns what the model returns, for every sequence of calls', () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const buffer = new ByteBuffer();
          let model = Buffer.alloc(0);
          let chunks: number[] = [];
          let dropping: Needle | undefined;
          let dropped = Buffer.alloc(0);
          const drop = (count: number) => {
            model = model.subarray(count);
            for (let left = count; left > 0; ) {
              const first = Math.min(left, chunks[0] as number);
              chunks[0] = (chunks[0] as number) - first;
              left -= first;
              if (chunks[0] === 0) chunks = chunks.slice(1);
            }
          };
          const arrive = (bytes: Buffer) => {
            if (bytes.length === 0) return;
            model = Buffer.concat([model, bytes]);
            chunks.push(bytes.length);
          };
          for (const call of steps) {
            if (call[0] === 'append') {
              buffer.append(Buffer.from(call[1]));
              if (dropping === undefined) arrive(call[1]);
              else {
                dropped = Buffer.concat([dropped, call[1]]);
                const at = dropped.indexOf(dropping.bytes);
                if (at >= 0) {
                  arrive(dropped.subarray(at + dropping.length));
                  dropping = undefined;
                }
              }
            } else if (call[0] === 'indexOf') {
              const from = call[2];
              expect(buffer.indexOf(call[1], from)).toBe(from > model.length ? -1 : model.indexOf(call[1].bytes, from));
            } else if (call[0] === 'at') {
              expect(buffer.at(call[1])).toBe(model[call[1]]);
            } else if (call[0] === 'peek') {
              expect(buffer.peek(call[1])).toEqual(model.subarray(0, call[1]));
            } else if (call[0] === 'take') {
              const count = Math.min(call[1], model.length);
              expect(buffer.take(count)).toEqual(model.subarray(0, count));
              drop(count);
            } else if (call[0] === 'cut') {
              const count = Math.min(call[1], chunks[0] ?? 0);
              const from = Math.min(1, count);
              const { start } = buffer;
              expect(buffer.cut(start + from, start + count, start + count)).toEqual(model.subarray(from, count));
              drop(count);
            } else if (call[0] === 'skip') {
              const count = Math.min(call[1], model.length);
              buffer.skip(count);
              drop(count);
            } else if (call[0] === 'takeChunk') {
              const count = Math.min(call[1], chunks[0] ?? 0);
              expect(buffer.takeChunk(call[1])).toEqual(model.subarray(0, count));
              drop(count);
            } else if (call[0] === 'clear') {
              buffer.clear();
              drop(model.length);
            } else if (dropping === undefined) {
              buffer.skipThrough(call[1]);
              const at = model.indexOf(call[1].bytes);
              if (at >= 0) drop(at + call[1].length);
              else {
                dropping = call[1];
                dropped = model;
                drop(model.length);
              }
            }
            expect(buffer.length).toBe(model.length);
          }
        }),
        { seed: 3, numRuns: runs(400, 1500) },
      );
    });
  });
});
