import { Fifo } from '../writing/Fifo';
import type { ReplyMatching } from './ReplyMatching';
import type { RequestCall } from './RequestCall';

/** The first reply is that of the first request. A request that has given up keeps its place, and its reply is dropped. */
export class RepliesInOrder<Request, Reply> implements ReplyMatching<Request, Reply> {
  private readonly calls = new Fifo<RequestCall<Request, Reply>>();

  constructor(private readonly isUnsolicited: ((reply: Reply) => boolean) | undefined) {}

  get size(): number {
    return this.calls.length;
  }

  add(call: RequestCall<Request, Reply>): void {
    this.calls.push(call);
  }

  undo(): void {
    this.calls.pop();
  }

  take(reply: Reply): RequestCall<Request, Reply> | undefined {
    if (this.isUnsolicited?.(reply) || this.calls.length === 0) return undefined;
    return this.calls.shift();
  }

  giveUp(): boolean {
    return true;
  }

  takeAll(): RequestCall<Request, Reply>[] {
    const all = [...this.calls];
    this.calls.clear();
    return all;
  }
}
