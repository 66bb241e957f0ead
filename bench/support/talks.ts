import { readFileSync } from 'node:fs';
import { type ConversationsResult, conversations } from './conversations';
import { descriptors } from './descriptors';
import { turn } from './patience';
import { virtualConversations } from './virtualConversations';

const of = (name: string) => readFileSync(`spec/support/localhost.${name}.pem`);

/**
 * Runs random conversations, live and in virtual time, and prints the faults: `npm run soak -- talks [conversations] [first seed]`.
 *
 * @param count - How many of each. `npm test` runs 200 live ones and 1,000 in virtual time.
 * @param seed - The seed of the first conversation. Each further one has the next number.
 */
export async function talks(count = 3000, seed = 1): Promise<void> {
  const before = descriptors();
  const onConversation = (done: number) => {
    if (done % 500 === 0) console.log(`${done} of ${count} conversations`);
  };
  const options = { seed, conversations: count, atOnce: 32, onConversation };
  const tls = { cert: of('cert'), key: of('key') };
  const held = [
    await timed('live', () => conversations({ ...options, tls })),
    await timed('virtual', () => virtualConversations(options)),
  ];
  for (let i = 0; i < 100; i++) await turn();
  const left = descriptors() - before;
  console.log(`${left} descriptors more than before`);
  process.exitCode = held.some(({ faults }) => faults.length > 0) || left > 2 ? 1 : 0;
}

async function timed(what: string, hold: () => Promise<ConversationsResult>): Promise<ConversationsResult> {
  const started = performance.now();
  const result = await hold();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  for (const [trait, count] of Object.entries(result.traits)) console.log(`${trait}: ${count}`);
  const { conversations, frames, failures } = result;
  console.log(`${what}: ${conversations} conversations, ${frames} frames, ${failures} failures told, ${seconds} s`);
  for (const fault of result.faults) console.error(`FAULT: ${fault}`);
  return result;
}
