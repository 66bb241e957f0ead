import type { ReplyMatching } from './ReplyMatching';
import type { RequestCall } from './RequestCall';

/** The first reply is that of the first request. A request that has given up keeps its place, and its reply is dropped. */
export class RepliesInOrder<Request, Reply> implements ReplyMatching<Request, Reply> {
  private calls: RequestCall<Request, Reply>[] = [];
  /** The first of `calls` that is not answered: `shift()` of a long array copies it. */
  private at = 0;

  constructor(private readonly isUnsolicited: ((reply: Reply) => boolean) | undefined) {}

  get size(): number {
    return this.calls.length - this.at;
  }

  add(call: RequestCall<Request, Reply>): void {
    this.calls.push(call);
  }

  undo(): void {
    this.calls.pop();
  }

  take(reply: Reply): RequestCall<Request, Reply> | undefined {
    if (this.isUnsolicited?.(reply)) return undefined;
    const call = this.calls[this.at];
    if (call === undefined) return undefined;
    this.at++;
    // What is answered is forgotten when it is half of all: so each is moved once.
    if (this.at * 2 > this.calls.length) {
      this.calls = this.calls.slice(this.at);
      this.at = 0;
    }
    return call;
  }

  giveUp(): boolean {
    return true;
  }

  takeAll(): RequestCall<Request, Reply>[] {
    const all = this.calls.slice(this.at);
    this.calls = [];
    this.at = 0;
    return all;
  }
}
