import type { Cluster } from '../cluster/Cluster';
import { pause } from '../service/pause';
import { type Usages, usagesOf } from './Costs';
import { StormMember } from './StormMember';
import { Tally } from './Tally';

export interface StormOptions {
  readonly members: number;
  readonly rooms: number;
  /** Lines a second, of all members. */
  readonly rate: number;
  /** How long the calm before the faults takes, and the time around each of them. Seconds. */
  readonly calm: number;
  /** How long the broker is away, in seconds. */
  readonly away: number;
  readonly faults: readonly Fault[];
  readonly log: (text: string) => void;
}

export const FAULTS = ['restart', 'kill', 'freeze', 'broker', 'cut'] as const;
export type Fault = (typeof FAULTS)[number];

/** What the processes used: before the members came, when all were there, and before and behind the calm. */
export interface Measured {
  readonly empty: Usages;
  readonly joined: Usages;
  readonly talked: Usages;
  /** How many lines were heard and said in the calm. */
  readonly heard: number;
  readonly said: number;
}

const TICK = 20;
/** How many members dial at once. */
const BATCH = 100;
/** How long the members may take to catch up at the end, in milliseconds. */
const PATIENCE = 60_000;

/** Members that talk while things go wrong. */
export class Storm {
  readonly tally = new Tally();
  private readonly members: StormMember[] = [];
  private talking = true;
  private readonly clock: NodeJS.Timeout;

  constructor(
    private readonly cluster: Cluster,
    private readonly options: StormOptions,
  ) {
    cluster.news$.subscribe((news) => {
      if (!('failure' in news)) return;
      if (news.probe) this.tally.totals.probes++;
      else this.tally.fault('failures', `${news.worker}: ${news.failure}`);
    });
    this.clock = setInterval(() => {
      this.tally.nextSecond(this.connected);
      this.progress();
    }, 1000);
  }

  get connected(): number {
    return this.members.filter(({ joined }) => joined).length;
  }

  async run(): Promise<Measured> {
    const { calm, faults, log } = this.options;
    const empty = usagesOf(this.cluster.processes);
    await this.gather();
    const joined = usagesOf(this.cluster.processes);
    const before = { ...this.tally.totals };
    const talk = this.talk();
    await pause(calm * 1000);
    const talked = usagesOf(this.cluster.processes);
    const heard = this.tally.totals.heard - before.heard;
    const said = this.tally.totals.said - before.said;
    for (const fault of faults) {
      await this.cause(fault);
      await pause(calm * 1000);
    }
    this.talking = false;
    await talk;
    log('Silence: the members catch up');
    await this.catchUp();
    clearInterval(this.clock);
    for (const { name, room, heard: numbers } of this.members) this.tally.compare(name, room, numbers);
    return { empty, joined, talked, heard, said };
  }

  leave(): void {
    clearInterval(this.clock);
    for (const member of this.members) member.leave();
  }

  /** All members join. */
  private async gather(): Promise<void> {
    const { members, rooms, log } = this.options;
    log(`${members} members join ${rooms} rooms`);
    for (let i = 0; i < members; i++) {
      this.members.push(new StormMember(`m${i}`, `room-${i % rooms}`, this.cluster.port, this.tally));
      if (i % BATCH === BATCH - 1) await this.until(() => this.connected > i - BATCH, 'the members have joined');
    }
    await this.until(() => this.connected === members, 'all members have joined');
  }

  private async talk(): Promise<void> {
    const { members, options } = this;
    let said = 0;
    for (const start = performance.now(); this.talking; await pause(TICK)) {
      const due = ((performance.now() - start) / 1000) * options.rate;
      for (; said < due; said++) {
        const member = members[Math.floor(Math.random() * members.length)]!;
        if (member.ready) member.say(`line ${said} of the storm, as long as people write`);
        else this.tally.totals.unsaid++;
      }
    }
  }

  private async cause(fault: Fault): Promise<void> {
    const { cluster, members, options } = this;
    const { names } = cluster;
    const away = () => pause(options.away * 1000);
    if (fault === 'restart') {
      await cluster.restartAll((name) => this.mark(`${name} restarts`));
    } else if (fault === 'kill') {
      const name = names[names.length - 1]!;
      this.mark(`${name} is killed`);
      await cluster.restart(name, 'SIGKILL');
    } else if (fault === 'freeze') {
      this.mark('broker stops');
      await cluster.freezeBroker(away);
      this.mark('broker goes on');
    } else if (fault === 'broker') {
      this.mark('broker ends');
      await cluster.restartBroker(away);
      this.mark('broker is back');
    } else {
      this.mark('members are cut');
      for (const [index, member] of members.entries()) if (index % 10 === 0) member.cut();
    }
  }

  private mark(what: string): void {
    this.tally.now.events.push(what);
    this.options.log(what);
  }

  private async catchUp(): Promise<void> {
    const { tally, members } = this;
    const all = () =>
      tally.unacknowledged === 0 && members.every(({ room, heard }) => heard.length >= tally.countOf(room));
    await this.until(all, 'every member has heard every line').catch((error: Error) => tally.notes.push(error.message));
  }

  private async until(condition: () => boolean, what: string): Promise<void> {
    for (const end = performance.now() + PATIENCE; !condition(); await pause(TICK)) {
      if (performance.now() > end) {
        throw new Error(`Cannot wait longer until ${what}: ${this.connected} of ${this.members.length} are connected`);
      }
    }
  }

  private progress(): void {
    const { seconds, faults, unacknowledged } = this.tally;
    const { said, acked, heard, connected } = seconds[seconds.length - 2]!;
    const bad = Object.entries(faults).filter(([, count]) => count > 0);
    const faulty = bad.length === 0 ? '' : ` · ${bad.map(([kind, count]) => `${kind} ${count}`).join(', ')}`;
    this.options.log(
      `${`${seconds.length - 1} s`.padStart(5)}  ${connected} connected, said ${said}, acknowledged ${acked}, heard ${heard}, waiting ${unacknowledged}${faulty}`,
    );
  }
}
