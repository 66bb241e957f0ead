// Proves that a conversation that a tap has seen, saved as JSON lines, read again, printed as a test and run, is the same conversation.

import { readJsonLines, type WireEvent, type WireLog, type Wiretap, wiretap } from '../../src/wiretap';
import { Recording } from '../../src/wiretap/marbles/Recording';
import { randomTalk } from '../support/randomTalk';
import { runs } from '../support/runs';
import { runTestSource } from '../support/runTestSource';

/** What a replay by marbles has: all events with their times. Within a millisecond, the directions have no order. */
function inTime(events: readonly WireEvent[]): string[] {
  return events
    .map(({ time, kind, bytes, data, by, side }) => [
      time,
      kind,
      bytes,
      data && Buffer.from(data).toString('hex'),
      by,
      side,
    ])
    .map((event) => JSON.stringify(event))
    .sort();
}

/** What a replay by a script has: what was said, in its order. An end that the log does not have comes at the end. */
function inOrder(events: readonly WireEvent[], most = Number.POSITIVE_INFINITY): string[] {
  return Recording.of(events)
    .steps.slice(0, most)
    .map(({ by, bytes, what }) => `${by} ${what ?? bytes.toString('hex')}`);
}

const COUNT = runs(60, 3000);

async function replayed(log: WireLog, as: 'marbles' | 'script'): Promise<readonly WireEvent[]> {
  const source = log.toTest(as);
  let tap: Wiretap | undefined;
  try {
    await runTestSource(source, (connection) => {
      tap = wiretap(connection);
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${source}`);
  }
  return (tap as Wiretap).events();
}

describe('event log → JSON lines → test → event log', () => {
  it(`is the identity for ${COUNT} conversations, by marbles: with times`, async () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < COUNT; seed++) {
      const events = randomTalk(seed).events();
      const [log] = readJsonLines(randomTalk(seed).toJsonLines()) as [WireLog];
      expect(log.events().map(({ connection, ...event }) => event)).toEqual(
        events.map(({ connection, ...event }) => event),
      );
      for (const { kind } of events) kinds.add(kind);
      expect([seed, inTime(await replayed(log, 'marbles'))]).toEqual([seed, inTime(events)]);
    }
    expect([...kinds].sort()).toEqual(['close', 'fin-in', 'fin-out', 'open', 'reset', 'rx', 'sent', 'tls', 'tx']);
  }, 600_000);

  it(`is the identity for ${COUNT} conversations, by a script: in causal order`, async () => {
    for (let seed = 0; seed < COUNT; seed++) {
      const events = randomTalk(seed).events();
      const wanted = inOrder(events);
      expect([seed, inOrder(await replayed(randomTalk(seed), 'script'), wanted.length)]).toEqual([seed, wanted]);
    }
  }, 600_000);
});
