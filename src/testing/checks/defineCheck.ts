import { clearTimeout, setTimeout } from 'node:timers';
import { assertByteCount, assertTimeout } from '../../argumentChecks';
import type { ConnectionOptions } from '../../connection/ConnectionOptions';
import { Checking } from './Checking';
import type { CheckOptions, ConnectionCheck, ConnectionFactory } from './ConnectionCheck';
import { useRealClock } from './useRealClock';

const TIMEOUT = 5000;
/** What the kernel takes of a connection is less. */
const TOO_MUCH = 8 * 1024 * 1024;
/** How often a check is tried that shows nothing either way. */
const TRIES = 10;

/**
 * Defines a check. The check makes its ends, has a time limit, and destroys its ends.
 *
 * @param name - What must hold.
 * @param body - Throws if it does not. Returns `'again'` if this try shows nothing: the next one gets new ends.
 * @param ends - The options of both ends.
 */
export function defineCheck(
  name: string,
  body: (checking: Checking) => Promise<void | 'again'>,
  ends: ConnectionOptions = {},
): ConnectionCheck {
  return {
    name,
    async run(factory, options = {}) {
      assertTimeout('timeout', options.timeout);
      if (options.tooMuch !== undefined) assertByteCount('tooMuch', options.tooMuch, 1, 16 * 1024 * 1024 - 1);
      const restore = useRealClock();
      try {
        let tries = 1;
        while ((await runOnce(body, ends, factory, options)) === 'again') {
          if (tries++ === TRIES)
            throw new Error(`in ${TRIES} tries the peer was always first, so the check shows nothing`);
        }
      } finally {
        restore();
      }
    },
  };
}

async function runOnce(
  body: (checking: Checking) => Promise<void | 'again'>,
  ends: ConnectionOptions,
  factory: ConnectionFactory,
  { timeout = TIMEOUT, resets = true, tooMuch = TOO_MUCH }: CheckOptions,
): Promise<void | 'again'> {
  const [near, far, release] = await factory(ends);
  const checking = new Checking(near, far, resets, tooMuch);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    if (timeout === 0) return;
    const tell = () => reject(new Error(`it takes more than ${timeout} ms until ${checking.step}`));
    timer = setTimeout(tell, timeout);
  });
  const work = body(checking);
  // Failures after the time limit are ignored: the check has failed already.
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    checking.over = true;
    near.destroy();
    far.destroy();
    await release?.();
  }
}
