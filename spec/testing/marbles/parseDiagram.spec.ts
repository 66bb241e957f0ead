// Proves that long diagrams are read as RxJS reads them, with the same order of tasks, and quickly.
import { timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { runMarbles } from '../../../src/testing';
import { parseDiagram } from '../../../src/testing/marbles/parseDiagram';

describe('parseDiagram', () => {
  it.each<[string, string]>([
    ['marbles and dashes', 'a-b---c'.repeat(100)],
    ['times', 'a 12ms b 1.5s c 2m '.repeat(60)],
    ['groups, with spaces inside', 'a (bc) 7ms (d e f) -'.repeat(70)],
    ['one part', 'a-b|'],
    ['an end', `${'a 3ms '.repeat(200)}(b#)`],
  ])('reads %s as RxJS does', (_, diagram) => {
    const factor = TestScheduler.frameTimeFactor;
    TestScheduler.frameTimeFactor = 1;
    try {
      expect(parseDiagram(diagram)).toEqual(TestScheduler.parseMarbles(diagram, undefined, undefined, false, true));
    } finally {
      TestScheduler.frameTimeFactor = factor;
    }
  });

  it('keeps the order of tasks in one millisecond, in any part of a diagram', () => {
    const seen: string[] = [];
    runMarbles(({ cold, flush }) => {
      timer(1200).subscribe(() => seen.push('early'));
      cold(`${'a'.repeat(1200)}b`).subscribe((letter) => letter === 'b' && seen.push('marble'));
      timer(1200).subscribe(() => seen.push('late'));
      flush();
    });
    expect(seen).toEqual(['early', 'marble', 'late']);
  });

  it.each([['a-b-'], ['a 12ms b 7ms ']])('takes no more than a moment for 20,000 marbles of %p', (marbles) => {
    const diagram = marbles.repeat(10_000);
    const before = process.cpuUsage();
    runMarbles(({ connection, expectObservable }) => expectObservable(connection(diagram).reader).toBe(diagram));
    const { user, system } = process.cpuUsage(before);
    // It is under a second where nothing else runs. With RxJS's own list and parser it is more than 15 s.
    expect((user + system) / 1000).toBeLessThan(4000);
  });
});
