import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the simulator is told. */
export interface SimulatorArguments {
  readonly port: number;
  readonly secret: string;
  readonly devices: number;
  readonly bad: number;
  readonly rate: number;
}

/** Starts simulated devices in a process of their own. */
export function startSimulator(given: SimulatorArguments): ChildProcess {
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  return fork(fileURLToPath(new URL('./main.js', import.meta.url)), args);
}
