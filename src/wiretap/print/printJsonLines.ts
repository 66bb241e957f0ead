import type { WireEvent } from '../WireEvent';

/** Events as JSON, one in each line. Text of the system is escaped, so that it is no text to a terminal but ASCII. */
export function printJsonLines(events: readonly WireEvent[]): string {
  return events.map((event) => `${line(event)}\n`).join('');
}

function line({ data, ...event }: WireEvent): string {
  const base64 = data && Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64');
  const json = JSON.stringify({ ...event, ...(base64 !== undefined && { data: base64 }) });
  return json.replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
