import { UnsubscriptionError } from 'rxjs';
import { type Connection, ConnectionClosedError } from 'rxjs-tcp';
import type { ConversationPlan } from './ConversationPlan';
import { FRAMINGS, type Framing } from './framings';

/** The events of a conversation, and the faults in it. */
export class Talk {
  readonly framing: Framing;
  /** Where each request that was sent ends, in bytes from the first. */
  readonly ends: number[] = [];
  /** The requests that the handler got. */
  readonly delivered: string[] = [];
  readonly replies: string[] = [];
  /** The failures that the handler caused itself. */
  readonly thrown: unknown[] = [];
  /** The failures that `server.errors`, or the subscription of `connect`, got. */
  readonly reports: unknown[] = [];
  readonly faults: string[] = [];
  /** The end of the answering side's connection, once it has one. */
  answering: Connection | undefined;
  /** The error that the handler's pipe or promise ended with. */
  outcome: { readonly error: unknown } | undefined;
  /** How many handlers are not done. A handler that returns nothing is done when its read is over. */
  atWork = 0;
  /** The answering side ended its connection itself. */
  endedHere = false;
  /** The network broke the connection. */
  cut = false;

  constructor(readonly plan: ConversationPlan) {
    this.framing = FRAMINGS[plan.framing];
  }

  /** The handler is done, with or without an error. */
  settle(outcome?: { readonly error: unknown }): void {
    this.atWork--;
    this.outcome ??= outcome;
  }

  /** The faults, once everything has ended. */
  check(): readonly string[] {
    this.checkDelivery();
    this.checkReplies();
    this.checkReports();
    return this.faults;
  }

  private checkDelivery(): void {
    const { delivered, ends, answering } = this;
    const { requests } = this.plan;
    const read = answering?.bytesRead ?? 0;
    const arrived = ends.filter((end) => end <= read).length;
    // A line that the end has cut is delivered as it is. Bytes after our own end are dropped.
    const last = delivered.length - 1;
    const beginning = last >= 0 && requests[last]?.startsWith(delivered[last] as string);
    const cut = beginning && (last === arrived || (this.endedHere && delivered[last] !== requests[last]));
    const whole = cut ? delivered.slice(0, -1) : delivered;
    const wrong = whole.findIndex((text, index) => text !== requests[index]);
    if (wrong >= 0) this.faults.push(`request ${wrong} is delivered as ${show(whole[wrong])}`);
    if (whole.length > arrived) this.faults.push(`${whole.length} requests are delivered, and ${arrived} arrived`);
    if (whole.length < arrived && !this.stoppedItself) {
      this.faults.push(`only ${whole.length} of ${arrived} requests that arrived are delivered`);
    }
  }

  /** True if the handler itself has stopped reading: it failed, ended the connection, or could not write. */
  private get stoppedItself(): boolean {
    const { thrown, endedHere, outcome } = this;
    const { error } = outcome ?? {};
    const couldNotWrite = error instanceof ConnectionClosedError && error.message.startsWith('Cannot write');
    return thrown.length > 0 || endedHere || couldNotWrite;
  }

  private checkReplies(): void {
    const { replies, plan, cut } = this;
    const wrong = replies.findIndex((text, index) => text !== replyTo(plan, index));
    const stays = plan.ending === 'half-closes' || plan.ending === 'waits';
    const good = stays && !cut && (plan.trouble === 'none' || plan.trouble === 'server.close()');
    // A bad end may cut the last reply.
    const short = !good && wrong === replies.length - 1 && replyTo(plan, wrong).startsWith(replies[wrong] as string);
    if (wrong >= 0 && !short) this.faults.push(`reply ${wrong} is ${show(replies[wrong])}`);
    const due = good && plan.answers !== 'none' ? plan.requests.length : 0;
    if (replies.length < due) this.faults.push(`only ${replies.length} of ${due} replies came, and nothing broke`);
  }

  private checkReports(): void {
    const { reports, thrown, outcome, plan, endedHere } = this;
    const told = `told are ${reports.map(String).join(' and ') || 'none'}`;
    const failures = new Set([...thrown, ...(outcome === undefined ? [] : [outcome.error])]);
    const flat = reports.flatMap((report) => (report instanceof UnsubscriptionError ? report.errors : [report]));
    if (endedHere) {
      if (reports.length > 0) this.faults.push(`no failure is due, since we ended it, and ${told}`);
    } else if (failures.size > 0) {
      // An error and a teardown that throws after it are two.
      const right = new Set(flat).size === reports.length && flat.every((error) => failures.has(error));
      if (!right || reports.length === 0)
        this.faults.push(`one failure is due, ${[...failures].map(String).join(' or ')}, and ${told}`);
    } else if (reports.length > 0 && plan.answerer === 'server') {
      this.faults.push(`no failure is due, and ${told}`);
    }
    if (this.atWork > 0) this.faults.push('its handler is never done');
  }
}

/** The reply to a request, by its number. */
export function replyTo({ replySize }: ConversationPlan, index: number): string {
  return `${index}=${'y'.repeat(replySize)}`;
}

const show = (text: string | undefined) => JSON.stringify(text?.slice(0, 12));
