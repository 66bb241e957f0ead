import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import type { WorkerNews } from '../chat';
import { Child } from './Child';
import { findProgram, freePorts, listening, missingPrograms } from './programs';

/** The configuration file has places for so many workers. */
export const MAX_WORKERS = 8;

export interface ClusterOptions {
  readonly workers: number;
  /** The port for members. Default: a free one. */
  readonly port?: number | undefined;
  /** How many connections HAProxy lets in. Default 4,000. */
  readonly maxMembers?: number | undefined;
}

/** What happens in a cluster. */
export type ClusterNews = WorkerNews & { readonly worker: string };

interface Worker {
  readonly name: string;
  readonly port: number;
  child: Child;
  /** Its end is meant: it is not started again. */
  leaving: boolean;
}

const config = (name: string) => join(__dirname, '../../config', name);

/**
 * HAProxy, nats-server and some workers, on this machine. The supervisor of the workers, too: it starts one again that ends by itself,
 * and restarts all of them, one after the other.
 */
export class Cluster {
  readonly news$ = new Subject<ClusterNews>();
  private readonly folder = mkdtempSync(join(tmpdir(), 'rxjs-tcp-chat-'));
  private readonly workers: Worker[] = [];
  private broker!: Child;
  private proxy!: Child;
  private closing = false;

  private constructor(
    readonly port: number,
    private readonly brokerPort: number,
    private readonly maxMembers: number,
  ) {
    process.on('exit', this.removeFolder);
  }

  /** @throws Error - If a program is missing, or does not start. Then nothing runs. */
  static async start({ workers, port, maxMembers = 4_000 }: ClusterOptions): Promise<Cluster> {
    const missing = missingPrograms();
    if (missing.length > 0) throw new Error(`Cannot start a cluster: ${missing.join(' and ')} must be installed`);
    const [front, brokerPort, ...ports] = await freePorts(2 + workers);
    const cluster = new Cluster(port ?? front!, brokerPort!, maxMembers);
    try {
      await cluster.startBroker();
      const places = ports.map((at, index) => ({ name: `w${index + 1}`, port: at }));
      cluster.workers.push(...places.map((place) => ({ ...place, child: cluster.forkWorker(place), leaving: false })));
      await Promise.all(cluster.workers.map((worker) => cluster.listens(worker)));
      await cluster.startProxy();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get names(): readonly string[] {
    return this.workers.map(({ name }) => name);
  }

  /** The processes, by name. */
  get processes(): ReadonlyMap<string, number> {
    const all = [this.proxy, this.broker, ...this.workers.map(({ child }) => child)];
    return new Map(all.map(({ name, pid }) => [name, pid]));
  }

  /** Restarts the workers one after the other: SIGTERM, wait for its end, start it again, wait until it listens. */
  async restartAll(each: (name: string) => void = () => {}): Promise<void> {
    for (const { name } of this.workers) {
      each(name);
      await this.restart(name);
    }
  }

  /** Ends a worker with a signal, and starts it again. */
  async restart(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const worker = this.worker(name);
    worker.leaving = true;
    await worker.child.end(signal);
    worker.child = this.forkWorker(worker);
    worker.leaving = false;
    await this.listens(worker);
  }

  /** The broker does not answer for so long: its process is stopped (SIGSTOP). */
  async freezeBroker(wait: () => Promise<void>): Promise<void> {
    this.broker.signal('SIGSTOP');
    try {
      await wait();
    } finally {
      this.broker.signal('SIGCONT');
    }
  }

  /** The broker ends, and is started again on the same store. */
  async restartBroker(wait: () => Promise<void>): Promise<void> {
    await this.broker.end();
    await wait();
    await this.startBroker();
  }

  /** Ends everything, the workers first. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.all(this.workers.map(({ child }) => child.end()));
    await Promise.all([this.proxy?.end('SIGKILL'), this.broker?.end()]);
    this.removeFolder();
    process.off('exit', this.removeFolder);
    this.news$.complete();
  }

  private readonly removeFolder = () => rmSync(this.folder, { recursive: true, force: true });

  private worker(name: string): Worker {
    const worker = this.workers.find((one) => one.name === name);
    if (worker === undefined) throw new Error(`Cannot find the worker ${name}`);
    return worker;
  }

  private forkWorker({ name, port }: { readonly name: string; readonly port: number }): Child {
    const broker = `nats://127.0.0.1:${this.brokerPort}`;
    const args = ['--worker', name, '--port', `${port}`, '--broker', broker, '--behind-proxy'];
    const child = Child.worker(name, join(__dirname, '../chat.js'), args);
    child.process.on('message', (news: WorkerNews) => this.news$.next({ ...news, worker: name }));
    return child;
  }

  /** Waits until a worker listens. From then on it is started again if it ends by itself. */
  private async listens(worker: Worker): Promise<void> {
    const { name, child } = worker;
    await new Promise<void>((resolve, reject) => {
      child.process.on('message', (news: WorkerNews) => {
        if ('port' in news) resolve();
      });
      child.process.once('exit', (code) => reject(new Error(`Cannot start ${name}: it ended with ${code}`)));
    });
    child.process.once('exit', (code, signal) => {
      if (worker.leaving || this.closing) return;
      console.error(`${name} has ended with ${signal ?? code}: it is started again`);
      this.restart(name).catch((error: Error) => console.error(error.message));
    });
  }

  private async startBroker(): Promise<void> {
    const env = { ...process.env, BROKER_PORT: `${this.brokerPort}`, BROKER_STORE: this.folder };
    this.broker = Child.program('nats-server', findProgram('nats-server')!, ['-c', config('nats.conf')], env);
    await this.serves(this.broker, this.brokerPort);
  }

  private async startProxy(): Promise<void> {
    const places = this.workers.map(({ port }, index) => [`WORKER_${index + 1}`, `${port}`]);
    const own = { CHAT_PORT: `${this.port}`, MAX_MEMBERS: `${this.maxMembers}`, ...Object.fromEntries(places) };
    const env = { ...process.env, ...own };
    this.proxy = Child.program('haproxy', findProgram('haproxy')!, ['-db', '-f', config('haproxy.cfg')], env);
    await this.serves(this.proxy, this.port);
  }

  private async serves(child: Child, port: number): Promise<void> {
    try {
      await listening(port, child.name, () => !child.ended);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${child.output}`);
    }
  }
}
