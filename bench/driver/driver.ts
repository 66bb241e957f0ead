/** The other end of the workloads, in a process of its own and on plain `node:net`. It runs commands and reports results. */
import type { Told } from '../support/Workload';
import { type AttackCommand, attack } from './attack';
import { type FillCommand, fill } from './fill';
import { type KnockCommand, knock } from './knock';
import { type PingCommand, ping } from './ping';
import { type SendCommand, send, sentSoFar } from './send';
import { type TargetCommand, target } from './target';
import { type VisitCommand, visit } from './visit';

const tell = (message: Told & Record<string, unknown>) => void process.send?.(message);

// It ends with the bench.
process.on('disconnect', () => process.exit());
type Command =
  | SendCommand
  | TargetCommand
  | PingCommand
  | FillCommand
  | KnockCommand
  | VisitCommand
  | AttackCommand
  | { type: 'status' };

process.on('message', async (command: Command) => {
  if (command.type === 'send') tell({ ...(await send(command)) });
  else if (command.type === 'target')
    tell({ type: 'target', port: (await target(command, (came) => tell({ ...came }))).port });
  else if (command.type === 'ping') tell({ ...(await ping(command)) });
  else if (command.type === 'fill') fill(command);
  else if (command.type === 'knock') knock(command);
  else if (command.type === 'visit') tell({ ...(await visit(command)) });
  else if (command.type === 'attack') tell({ ...(await attack(command)) });
  else tell({ type: 'status', sent: sentSoFar() });
});
