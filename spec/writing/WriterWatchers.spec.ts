// Proves which watchers learn of the events of a writer, and in which order.
import { type ProgressWatcher, type WriterWatcher, WriterWatchers } from '../../src/writing/WriterWatchers';

describe('WriterWatchers', () => {
  let watchers: WriterWatchers;
  let told: string[];
  /** Whether there is pressure; a watcher that writes causes it. */
  let pressured: boolean;

  beforeEach(() => {
    watchers = new WriterWatchers({
      onThrown: (error) => {
        throw error;
      },
    });
    told = [];
    pressured = false;
  });

  const watcher = (name: string, writes = false): WriterWatcher & ProgressWatcher => ({
    pressure: (on) => {
      told.push(`${name} ${on}`);
      pressured ||= writes;
    },
    accepted: () => {},
    progress: (written) => told.push(`${name} ${written}`),
    gone: () => told.push(`${name} gone`),
  });
  const tell = (on: boolean) => {
    pressured = on;
    watchers.tellPressure(on, () => pressured === on);
  };

  it('reports the end of pressure once, in the order of waiting, until a watcher causes it again', () => {
    const [a, b, c] = [watcher('a'), watcher('b', true), watcher('c')];
    for (const one of [a, b, c]) watchers.wait(one);
    tell(false);
    expect(told).toEqual(['a false', 'b false']);
    // The first one now waits after the others.
    watchers.wait(b);
    tell(false);
    expect(told.slice(2)).toEqual(['c false', 'b false']);
    tell(false);
    expect(told).toHaveLength(4);
  });

  it('reports also the start of pressure, and all progress, to those that listen to everything', () => {
    const a = watcher('a');
    watchers.listen(a);
    tell(true);
    tell(false);
    watchers.tellProgress(5);
    expect(told).toEqual(['a true', 'a false', 'a 5']);
    watchers.remove(a);
    tell(true);
    watchers.tellProgress(6);
    expect(told).toHaveLength(3);
  });

  it('reports progress to those whose bytes are in flight, until all of them are sent', () => {
    const [a, b] = [watcher('a'), watcher('b')];
    watchers.share(a, 0, 2);
    watchers.share(a, 2, 4);
    watchers.share(b, 6, 8);
    watchers.share(b, 8, 8);
    watchers.tellProgress(3);
    expect(told).toEqual(['a 3']);
    watchers.tellProgress(6);
    expect(told).toEqual(['a 3', 'a 6']);
    watchers.share(a, 8, 9);
    watchers.tellProgress(9);
    expect(told.slice(2)).toEqual(['b 9', 'a 9']);
    watchers.tellProgress(10);
    expect(told).toHaveLength(4);
  });

  it('reports the end of the writer to everyone once, and forgets them, also those that are added meanwhile', () => {
    const [a, b, c] = [watcher('a'), watcher('b'), watcher('c')];
    for (const one of [a, b]) watchers.add(one);
    watchers.share(c, 0, 1);
    const again = { ...watcher('again'), gone: () => watchers.add(again) };
    watchers.add(again);
    watchers.remove(b);
    watchers.tellGone();
    expect(told).toEqual(['a gone', 'c gone']);
    watchers.tellProgress(1);
    expect(told).toHaveLength(2);
  });

  it('copes with the removal of all watchers while it reports the end of pressure', () => {
    const leaving: WriterWatcher = { pressure: () => watchers.tellGone(), gone: () => told.push('gone') };
    watchers.add(leaving);
    watchers.wait(leaving);
    watchers.wait(watcher('next'));
    expect(() => watchers.tellPressure(false, () => true)).not.toThrow();
    expect(told).toEqual(['gone', 'next false']);
  });
});
