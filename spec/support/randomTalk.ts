import { MarbleScheduler, marbleConnection } from '../../src/testing';
import { random } from '../../src/testing/random';
import { type Wiretap, wiretap } from '../../src/wiretap';

/**
 * The tap of a random conversation in virtual time: chunks of both sides, STARTTLS, and an end of any kind.
 *
 * The program writes once in a millisecond at most, and reads everything.
 */
export function randomTalk(seed: number): Wiretap {
  const below = random(seed);
  const bytes = () => {
    const text = ['PING\r\n', 'a', '\u2028', "it's", '\\', '\x1b[2J', '日本'][below(7)] as string;
    return below(3) > 0 ? Buffer.from(text) : Buffer.from(Array.from({ length: 1 + below(20) }, () => below(256)));
  };
  const scheduler = new MarbleScheduler();
  let tap: Wiretap | undefined;
  scheduler.run(({ flush }) => {
    const values: Record<string, Buffer | Buffer[]> = {};
    let marbles = '';
    let now = 0;
    const deeds: { readonly at: number; do(): unknown }[] = [];
    const arrives = (what: string) => {
      marbles += ` ${now - timeOf(marbles)}ms ${what}`;
    };
    let secured = false;
    for (let i = below(8); i >= 0; i--) {
      now += 2 + below(20);
      const kind = below(6);
      if (kind === 0 && !secured) {
        const side = below(2) === 0 ? 'client' : 'server';
        deeds.push({ at: now, do: () => near.startTls({ side }) });
        secured = true;
      } else {
        if (kind < 4) {
          const letter = 'abcdefghijk'[i] as string;
          values[letter] = below(4) === 0 ? [bytes(), bytes()] : bytes();
          arrives(letter);
        }
        if (kind > 2) {
          const written = bytes();
          deeds.push({ at: now, do: () => near.writer.write(written) });
        }
      }
    }
    now += 2 + below(20);
    const end = below(6);
    if (end === 0) deeds.push({ at: now, do: () => near.destroy() });
    if (end === 1) arrives('#');
    if (end > 1 && end < 5) arrives('|');
    if (end === 2) deeds.push({ at: now - 1, do: () => near.writer.writeEof() });
    if (end === 3) deeds.push({ at: now + 3, do: () => near.writer.writeEof() });
    const near = marbleConnection(scheduler, marbles, values);
    tap = wiretap(near);
    near.reader.subscribe({ error: () => {} });
    for (const deed of deeds) scheduler.schedule(() => deed.do(), deed.at);
    flush();
  });
  return tap as Wiretap;
}

/** The time at which a diagram of `randomTalk` goes on. */
function timeOf(marbles: string): number {
  return [...marbles.matchAll(/(\d+)ms ./g)].reduce((sum, [, ms]) => sum + Number(ms) + 1, 0);
}
