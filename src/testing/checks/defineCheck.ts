import { clearTimeout, setTimeout } from 'node:timers';
import { assertTimeout } from '../../checks';
import type { ConnectionOptions } from '../../connection/ConnectionOptions';
import { Checking } from './Checking';
import type { ConnectionCheck } from './ConnectionCheck';

const TIMEOUT = 5000;

/**
 * Defines a check. The check makes its ends, has a time limit, and destroys its ends.
 *
 * @param name - What must hold.
 * @param body - Throws if it does not.
 * @param ends - The options of both ends.
 */
export function defineCheck(
  name: string,
  body: (checking: Checking) => Promise<void>,
  ends: ConnectionOptions = {},
): ConnectionCheck {
  return {
    name,
    async run(factory, { timeout = TIMEOUT, resets = true } = {}) {
      assertTimeout('timeout', timeout);
      const [near, far, release] = await factory(ends);
      const checking = new Checking(near, far, resets);
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
        await Promise.race([work, late]);
      } finally {
        clearTimeout(timer);
        checking.over = true;
        near.destroy();
        far.destroy();
        await release?.();
      }
    },
  };
}
