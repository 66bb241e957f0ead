import { defaults } from '../defaults';
import type { ReplyMatching } from './ReplyMatching';
import type { RequestCall } from './RequestCall';

/** Where a request and its reply have their key. */
export interface ReplyKeys<Request, Reply> {
  /** The key of a request: any value but `undefined`, compared as in a `Map`. */
  request(value: Request): unknown;
  /** The key of a reply; `undefined` for a frame that nobody asked for. */
  reply(value: Reply): unknown;
}

/** A reply has the key of its request. The newest keys of those that gave up are remembered: their replies are late. */
export class RepliesByKey<Request, Reply> implements ReplyMatching<Request, Reply> {
  private readonly calls = new Map<unknown, RequestCall<Request, Reply>>();
  private readonly gone = new Set<unknown>();

  constructor(private readonly keys: ReplyKeys<Request, Reply>) {}

  get size(): number {
    return this.calls.size;
  }

  add(call: RequestCall<Request, Reply>): void {
    const key = this.keys.request(call.value);
    if (key === undefined) throw new TypeError('Cannot send the request: it has no key');
    if (this.calls.has(key)) {
      throw new TypeError(`Cannot send the request: one with the key ${String(key)} is in flight already`);
    }
    if (this.gone.has(key)) {
      throw new TypeError(
        `Cannot send the request: the reply to an earlier one with the key ${String(key)} may still come`,
      );
    }
    call.key = key;
    this.calls.set(key, call);
  }

  undo(call: RequestCall<Request, Reply>): void {
    this.calls.delete(call.key);
  }

  take(reply: Reply): RequestCall<Request, Reply> | 'late' | undefined {
    const key = this.keys.reply(reply);
    const call = this.calls.get(key);
    if (call !== undefined) this.calls.delete(key);
    else if (this.gone.delete(key)) return 'late';
    return call;
  }

  giveUp(call: RequestCall<Request, Reply>): boolean {
    this.calls.delete(call.key);
    this.gone.add(call.key);
    if (this.gone.size > defaults.maxLateKeys) {
      const [oldest] = this.gone;
      this.gone.delete(oldest);
    }
    return false;
  }

  takeAll(): RequestCall<Request, Reply>[] {
    const all = [...this.calls.values()];
    this.calls.clear();
    return all;
  }
}
