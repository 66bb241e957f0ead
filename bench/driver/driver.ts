/** The other end of the workloads, in a process of its own and on plain `node:net`. It runs commands and reports results. */
import type { Told } from '../support/Workload';
import { type FillCommand, fill } from './fill';
import { type PingCommand, ping } from './ping';
import { type SendCommand, send, sentSoFar } from './send';
import { type TargetCommand, target } from './target';

const tell = (message: Told & Record<string, unknown>) => void process.send?.(message);

// It ends with the bench.
process.on('disconnect', () => process.exit());
process.on('message', async (command: SendCommand | TargetCommand | PingCommand | FillCommand | { type: 'status' }) => {
  if (command.type === 'send') tell({ ...(await send(command)) });
  else if (command.type === 'target')
    tell({ type: 'target', port: (await target(command, (came) => tell({ ...came }))).port });
  else if (command.type === 'ping') tell({ ...(await ping(command)) });
  else if (command.type === 'fill') fill(command);
  else tell({ type: 'status', sent: sentSoFar() });
});
