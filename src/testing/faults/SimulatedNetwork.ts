/**
 * What a conversation of `simulate` is held over: two ends that are joined, or a server and clients that dial it again and again. Each
 * connection has faults of its own, drawn from the common seed.
 */
import { isObservable, type Observable } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { Connection } from '../../connection/Connection';
import type { ConnectionPairOptions } from '../../connection/connectionPair';
import type { Suspicions } from '../decoders/Suspicions';
import { DialRate } from '../scripts/DialRate';
import { dialBy } from '../scripts/dialBy';
import type { FaultLog } from './FaultLog';
import type { FaultPlan } from './FaultPlan';
import type { FaultRun } from './FaultRun';
import { faults } from './faults';

/** A server in a simulation, which can go away and come back. */
export interface SimulatedServer {
  /** Resets all its connections, and refuses: dials fail with `ECONNREFUSED`. */
  stop(): void;
  /** Serves again. */
  start(): void;
  /** Stops, and starts after so many milliseconds. Default 1000. */
  restart(down?: number): void;
}

/**
 * What a server does with a connection, as a handler of `startServer`: a promise or an Observable ends it, nothing leaves it open.
 */
export type SimulatedHandler = (connection: Connection) => unknown;

type Pair = FaultRun & { readonly client: Connection; readonly server: Connection };

/** Of many logs the last are shown. */
const SHOWN = 3;
const ENDINGS: ReadonlySet<string> = new Set(['truncate', 'half-close', 'reset']);

export class SimulatedNetwork {
  /** The connections that have a name. */
  readonly names = new Map<Connection, string>();
  readonly dial: Observable<Connection>;
  /** A log for each connection, in order: it grows. */
  readonly logs: FaultLog[] = [];
  private readonly pairs: Pair[] = [];
  private readonly pair: () => Pair;
  private readonly rate = new DialRate();
  private first: Pair | undefined;
  private handler: SimulatedHandler | undefined;
  private serving = false;

  constructor(
    seed: number,
    plan: FaultPlan,
    ends: ConnectionPairOptions,
    private readonly scheduler: TestScheduler,
    private readonly suspicions: Suspicions,
  ) {
    const network = faults(seed, plan);
    this.pair = () => network.pair({ ...ends, scheduler });
    const { delay = 0 } = plan;
    this.dial = dialBy((answer) => {
      const storm = this.rate.dials(scheduler.now());
      // No answer: one that is refused would dial again, for ever in this call.
      if (storm !== undefined) return suspicions.note(storm);
      return scheduler.schedule(() => {
        if (this.serving) answer.connected(this.open());
        else {
          this.rate.ends();
          answer.failed(refused());
        }
      }, delay);
    });
  }

  /** The two ends that are joined: made when somebody asks. */
  get ends(): Pair {
    this.first ??= this.join('client', 'server');
    return this.first;
  }

  /** Everything that is to be destroyed. */
  get all(): readonly { destroy(): void }[] {
    return this.pairs.flatMap((pair) => [pair, pair.client, pair.server]);
  }

  /** Serves all that dial. */
  listen(handler: SimulatedHandler): SimulatedServer {
    if (this.handler !== undefined) throw new Error('Cannot listen: the simulation has a server already');
    if (typeof handler !== 'function') {
      throw new TypeError(`Cannot listen with a handler of type ${typeof handler}: it must be a function`);
    }
    this.handler = handler;
    this.serving = true;
    const stop = () => {
      this.serving = false;
      for (const pair of this.pairs) if (pair !== this.first) pair.server.reset();
    };
    const start = () => {
      this.serving = true;
    };
    const restart = (down = 1000) => {
      stop();
      this.scheduler.schedule(start, down);
    };
    return { stop, start, restart };
  }

  /** The last logs. */
  toString(): string {
    return this.logs.slice(-SHOWN).map(String).join('\n');
  }

  private join(client: string, server: string): Pair {
    const pair = this.pair();
    this.pairs.push(pair);
    this.logs.push(pair.log);
    for (const [name, end] of [[client, pair.client] as const, [server, pair.server] as const]) {
      this.names.set(end, name);
      this.suspicions.watch(name, end);
    }
    return pair;
  }

  private open(): Connection {
    const number = this.pairs.length + 1;
    const pair = this.join(`client ${number}`, `server of client ${number}`);
    pair.client.whenClosed(() => this.rate.ends());
    // When the client has its connection: a greeting comes after that.
    this.scheduler.schedule(() => this.serve(pair));
    return pair.client;
  }

  private serve(pair: Pair): void {
    const { server } = pair;
    const close = () => void server.close();
    const fail = (error: unknown) => this.fail(pair, error);
    try {
      const result = (this.handler as SimulatedHandler)(server);
      if (isObservable(result)) result.subscribe({ error: fail, complete: close });
      else if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
        (result as PromiseLike<unknown>).then(close, fail);
      }
    } catch (error) {
      fail(error);
    }
  }

  /** A handler that fails because its connection has gone is right. */
  private fail({ client, server, log }: Pair, error: unknown): void {
    const gone = [client, server].some((end) => end.ended !== undefined || end.endedHere);
    if (!gone && !log.entries.some(({ fault }) => ENDINGS.has(fault))) {
      this.suspicions.note(`${this.names.get(server)} fails: ${error}`);
    }
    server.destroy(error);
  }
}

function refused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
}
