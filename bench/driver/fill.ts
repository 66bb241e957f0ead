import { connect } from 'node:net';
import type { Told } from '../support/Workload';

export interface FillCommand extends Told {
  readonly type: 'fill';
  readonly port: number;
  readonly connections: number;
}

/** Opens this many connections, keeps them open and sends nothing. */
export function fill({ port, connections }: FillCommand): void {
  let open = 0;
  const more = () => {
    if (open++ < connections) connect(port, '127.0.0.1', more).on('error', () => {});
  };
  for (let i = 0; i < 20; i++) more();
}
