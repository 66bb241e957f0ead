import { logOf } from './logOf';
import { WIRE_EVENT_KINDS } from './WIRE_EVENT_KINDS';
import type { WireEvent } from './WireEvent';
import type { WireLog } from './WireLog';

const KINDS: ReadonlySet<unknown> = /* @__PURE__ */ new Set(WIRE_EVENT_KINDS);

/** The types of the fields of an event. */
const TYPES = {
  seq: 'number',
  time: 'number',
  connection: 'number',
  kind: 'string',
  bytes: 'number',
  data: 'string',
  local: 'string',
  remote: 'string',
  openedAt: 'number',
  side: 'string',
  by: 'string',
  error: 'string',
} as const satisfies Record<keyof WireEvent, 'number' | 'string'>;
const REQUIRED = ['seq', 'time', 'connection', 'kind'] as const;

/**
 * Reads what `toJsonLines` or `onError` of a tap have written: to print it in another way, or as a test.
 *
 * @example
 * ```ts
 * import { connectionPair } from 'rxjs-tcp';
 * import { readJsonLines, wiretap } from 'rxjs-tcp/wiretap';
 *
 * const [client, server] = connectionPair();
 * const tap = wiretap(client);
 * client.writer.write('PING\r\n');
 * await server.reader.readLine();
 * const [log] = readJsonLines(tap.toJsonLines());
 * console.log(log?.toHex() === tap.toHex()); // → true
 * ```
 * @param text - The lines. They may be of several connections, in any order.
 * @returns A log for each connection.
 * @throws `SyntaxError` that names the first wrong line.
 */
export function readJsonLines(text: string): readonly WireLog[] {
  const logs = new Map<number, WireEvent[]>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const event = read(line, i + 1);
    const events = logs.get(event.connection);
    if (events === undefined) logs.set(event.connection, [event]);
    else events.push(event);
  }
  return [...logs.values()].map((events) => logOf((from = 0) => events.filter(({ seq }) => seq >= from)));
}

function read(line: string, number: number): WireEvent {
  const wrong = (why: string) => new SyntaxError(`Cannot read line ${number} as an event: ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw wrong((error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('it is no object');
  const fields = value as Record<string, unknown>;
  const event: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(TYPES)) {
    const field = fields[name];
    const isMissing = field === undefined && !REQUIRED.some((one) => one === name);
    if (isMissing) continue;
    if (typeof field !== type) throw wrong(`${name} must be a ${type}, and is ${typeof field}`);
    if (type === 'number' && !((field as number) >= 0)) throw wrong(`${name} must not be below 0`);
    event[name] = name === 'data' ? Buffer.from(field as string, 'base64') : field;
  }
  if (!KINDS.has(event.kind)) throw wrong(`there is no kind '${String(event.kind)}'`);
  return event as unknown as WireEvent;
}
