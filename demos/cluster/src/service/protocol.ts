/**
 * What members and the chat say to each other: one JSON object in each line.
 *
 *     member → chat   {"join":"lobby","name":"ada","after":17}     first; `after`: the last number that the member has seen
 *                     {"say":"hello","id":"ada-1"}                 `id`: the same when a line is sent again
 *     chat → member   {"joined":"lobby","after":17,"worker":"w2","address":"127.0.0.1:50123"}
 *                     {"seq":18,"from":"ada","text":"hello","id":"ada-1"}
 *                     {"ack":"ada-1","seq":18}                     the line is stored, and has this number
 *                     {"bye":"restart"}                            the worker stops: connect again
 *                     {"error":"…"}                                and the end
 */
import { mapped, ndjson } from 'rxjs-tcp';

export interface Join {
  readonly join: string;
  readonly name: string;
  /** The last number that the member has seen; 0 is all that is kept. Without it, only what is new. */
  readonly after?: number;
}

export interface Say {
  readonly say: string;
  readonly id: string;
}

export type FromMember = Join | Say;

export type FromChat =
  | { readonly joined: string; readonly after: number; readonly worker: string; readonly address: string }
  | { readonly seq: number; readonly from: string; readonly text: string; readonly id: string }
  | { readonly ack: string; readonly seq: number }
  | { readonly bye: string }
  | { readonly error: string };

/** The longest line of JSON, in bytes. */
const LIMIT = 8 * 1024;
const NAME = /^[\w-]{1,40}$/;
const MAX_TEXT = 4 * 1024;

/** What a member sent is checked here, and nowhere else. */
export const memberCodec = mapped(ndjson({ limit: LIMIT }), {
  decode: fromMember,
  encode: (said: FromMember): unknown => said,
});

export const chatCodec = ndjson<FromChat>({ limit: 2 * LIMIT });

/** The line of a message. */
export function toLine(said: FromChat | FromMember): string {
  return `${JSON.stringify(said)}\n`;
}

function fromMember(value: unknown): FromMember {
  const { join, name, after, say, id } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (isName(join) && isName(name) && (after === undefined || isNumber(after))) {
    return { join, name, ...(after !== undefined && { after }) };
  }
  if (typeof say === 'string' && say.length <= MAX_TEXT && isName(id)) return { say, id };
  throw new Error('Cannot understand this: see the protocol in README.md');
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
