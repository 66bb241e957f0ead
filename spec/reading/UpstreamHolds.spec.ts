// Proves which reader is held, that one gate holds each reader once and releases all together, and how it finds the
// nearest one.
import { concat, map, merge, NEVER, type Observable, of, Subject } from 'rxjs';
import { lines, type StreamReader } from '../../src';
import type { ReadLoop } from '../../src/reading/ReadLoop';
import { runningLoop } from '../../src/reading/rxjs7';
import { UpstreamHolds } from '../../src/reading/UpstreamHolds';
import { handFed } from '../support/handFed';

describe('UpstreamHolds', () => {
  const held = (reader: StreamReader) => !reader.input.idle;
  const during = (loop: ReadLoop, task: () => void) => {
    runningLoop.current = loop;
    try {
      task();
    } finally {
      runningLoop.current = undefined;
    }
  };

  it('holds the reader whose delivery is running rather than the nearest in the pipe', () => {
    const [running, near] = [handFed().reader, handFed().reader];
    const holds = new UpstreamHolds(near.pipe(map(String)), 'spec');
    during(running.input, () => expect(holds.hold()).toBe(true));
    expect([held(running), held(near)]).toEqual([true, false]);
    holds.release();
    expect(held(running)).toBe(false);
  });

  const shared = new Subject();
  it.each<[string, (reader: StreamReader) => Observable<unknown>, boolean]>([
    ['itself', (reader) => reader, true],
    ['after its frames', (reader) => reader.pipe(lines()), true],
    ['after many operators', (reader) => reader.pipe(lines(), map(String), map(String), map(String)), true],
    [
      'after an operator with its own buffer',
      (reader) =>
        reader.pipe(
          map((chunk) => chunk),
          lines(),
        ),
      true,
    ],
    ['not after merge', (reader) => merge(reader, NEVER), false],
    ['not after concat', (reader) => concat(reader, NEVER), false],
    ['not after a Subject', () => shared, false],
    ['not without a reader', () => of(1), false],
  ])('finds the nearest reader %s', (_, pipe, found) => {
    const { reader } = handFed();
    const holds = new UpstreamHolds(pipe(reader), 'spec');
    expect(holds.hold()).toBe(found);
    expect(held(reader)).toBe(found);
    holds.release();
    expect(held(reader)).toBe(false);
  });

  it('finds the nearer of two', () => {
    const [far, near] = [handFed().reader, handFed().reader];
    const pipe = near.pipe(lines());
    far.source = near;
    expect(new UpstreamHolds(pipe, 'spec').hold()).toBe(true);
    expect([held(far), held(near)]).toEqual([false, true]);
  });

  it('holds only the readers that it was given, and none for an empty list', () => {
    const [running, one, other] = [handFed().reader, handFed().reader, handFed().reader];
    const given = new UpstreamHolds(running, 'spec', [one.input, other.input]);
    during(running.input, () => expect(given.hold()).toBe(true));
    expect([running, one, other].map(held)).toEqual([false, true, true]);
    given.release();
    const none = new UpstreamHolds(running, 'spec', []);
    during(running.input, () => expect(none.hold()).toBe(false));
    expect([running, one, other].map(held)).toEqual([false, false, false]);
  });

  it('holds each of several readers once, however often it is called, and releases all of them together', () => {
    const readers = [handFed().reader, handFed().reader];
    const holds = new UpstreamHolds(NEVER, 'spec');
    for (let i = 0; i < 3; i++) for (const { input } of readers) during(input, () => holds.hold());
    expect(readers.map(held)).toEqual([true, true]);
    holds.release();
    expect(readers.map(held)).toEqual([false, false]);
  });

  it('releases its own hold and no other', () => {
    const { reader } = handFed();
    const [one, other] = [new UpstreamHolds(reader, 'spec'), new UpstreamHolds(reader, 'spec')];
    one.hold();
    other.hold();
    one.release();
    one.release();
    expect(held(reader)).toBe(true);
    const release = reader.pause();
    other.release();
    expect(held(reader)).toBe(true);
    release();
    expect(held(reader)).toBe(false);
  });

  it('can hold again while it releases', () => {
    const { reader, push } = handFed();
    const holds = new UpstreamHolds(reader, 'spec');
    const seen: string[] = [];
    reader.subscribe((chunk) => {
      seen.push(`${chunk}`);
      holds.hold();
    });
    push('a', 'b', 'c');
    expect(seen).toEqual(['a']);
    holds.release();
    expect(seen).toEqual(['a', 'b']);
    holds.release();
    expect([seen, held(reader)]).toEqual([['a', 'b', 'c'], true]);
  });
});
