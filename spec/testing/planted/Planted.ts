/** A bug that is planted in a copy of right code. */
export interface Planted {
  /** What the code does wrong. */
  readonly bug: string;
  /** How it looks to a user in production. */
  readonly looks: string;
  /** Runs the kit on the code with the bug. It must fail. */
  readonly wrong: () => unknown;
  /** The same on right code. It must pass. */
  readonly right: () => unknown;
  /** The place that the message names: a byte, a time, a step, a seed, a check. */
  readonly names: RegExp;
}

/** The most time of the processor that the kit may need to find a bug, in milliseconds. */
const MOST = 2000;

/**
 * A test for each bug: the kit finds it in time, names the place, and lets right code pass.
 *
 * The titles are the list of the bugs, with how each looks to a user.
 */
export function describePlanted(where: string, list: readonly Planted[]): void {
  describe(`bugs planted in ${where}:`, () => {
    it.each(list.map((planted) => [planted.bug, planted.looks, planted] as const))(
      '%s (a user sees: %s)',
      async (_bug, _looks, { right, wrong, names }) => {
        await right();
        const before = process.cpuUsage();
        const message = await messageOf(wrong);
        const { user, system } = process.cpuUsage(before);
        expect(message).toMatch(names);
        expect((user + system) / 1000).toBeLessThan(MOST);
      },
    );
  });
}

async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing is found';
}
