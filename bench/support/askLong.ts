import { requestConversations } from './requestConversations';

/**
 * Holds random requests in virtual time, and prints what should not have happened:
 * `npm run soak -- requests [conversations] [first seed]`.
 *
 * @param count - How many conversations. `npm test` holds 1,000.
 * @param seed - Of the first one; the next ones have the next numbers.
 */
export async function askLong(count = 100_000, seed = 1): Promise<void> {
  const started = performance.now();
  const onConversation = (done: number) => {
    if (done % 5000 === 0) console.log(`${done} of ${count} conversations`);
  };
  const { faults, rejected, ...numbers } = await requestConversations({ seed, conversations: count, onConversation });
  for (const [name, number] of Object.entries({ ...numbers, ...rejected })) console.log(`${name}: ${number}`);
  console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  for (const fault of faults) console.error(`FAULT: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
