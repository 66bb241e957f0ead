import { readFileSync } from 'node:fs';
import { descriptors } from './descriptors';
import { eventPairs } from './eventPairs';

const of = (name: string) => readFileSync(`spec/support/localhost.${name}.pem`);

/**
 * Runs random pairs of events and prints the faults: `npm run soak -- pairs [trials] [first seed]`.
 *
 * @param trials - How many trials. `npm test` runs 400.
 * @param seed - The seed of the first trial. Each further one has the next number.
 */
export async function pairs(trials = 5000, seed = 1): Promise<void> {
  const before = descriptors();
  const started = performance.now();
  const result = await eventPairs({
    tls: { cert: of('cert'), key: of('key') },
    seed,
    trials,
    atOnce: 32,
    onTrial: (done) => {
      if (done % 500 === 0) console.log(`${done} of ${trials} trials`);
    },
  });
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
  const left = descriptors() - before;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  for (const [event, count] of Object.entries(result.events)) console.log(`${event}: ${count}`);
  console.log(`${result.trials} trials, ${result.frames} lines, ${seconds} s, ${left} descriptors more than before`);
  for (const fault of result.faults) console.error(`FAULT: ${fault}`);
  process.exitCode = result.faults.length > 0 || left > 2 ? 1 : 0;
}
