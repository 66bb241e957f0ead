import type { Row } from './Row';

/**
 * What a connection waited for. `held`: bytes were not read, since the other side did not take more. `queued`: bytes that were
 * written and that the kernel had not taken. `waiting`: for the target, after the client. `transfer`: between two chunks of one
 * direction. `idle`: for the client, after the target or from the start.
 */
export type Phase = 'held' | 'queued' | 'waiting' | 'transfer' | 'idle';

/** A stretch of time and its phase. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly phase: Phase;
}

/** The phases in the order in which they are shown. */
export type Totals = Readonly<Record<Phase, number>>;

/** A request and its reply: from the first chunk of the client to the last one of the target before the next request. */
export interface Exchange {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly reply: string;
  readonly segments: readonly Segment[];
}

/**
 * Divides the life of a connection into phases that do not overlap and leave nothing out. Time between two chunks belongs to the
 * side that ended it; where the connection was held or bytes were queued, that comes first.
 */
export function whereTimeWent(row: Row, now: number): { segments: Segment[]; totals: Totals; exchanges: Exchange[] } {
  const marks = row.all();
  const segments: Segment[] = [];
  const totals = { held: 0, queued: 0, waiting: 0, transfer: 0, idle: 0 };
  const end = row.state === 'open' ? Math.max(now, row.lastTime) : row.lastTime;
  let [time, written, taken] = [row.firstTime, 0, 0];
  let [held, pressed] = [false, false];
  // Who spoke last: at first the client has yet to ask.
  let client = false;
  const pass = (to: number, phase: Phase): void => {
    if (to <= time) return;
    const state = held ? 'held' : written > taken || pressed ? 'queued' : phase;
    totals[state] += to - time;
    const last = segments.at(-1);
    if (last?.phase === state && last.to === time) segments[segments.length - 1] = { ...last, to };
    else segments.push({ from: time, to, phase: state });
    time = to;
  };

  let waitingFrom = 0;
  for (const mark of marks) {
    const { kind, time: at, bytes } = mark;
    if (kind === 'rx' || kind === 'tx') {
      const next = row.fromClient(mark)!;
      relabel(segments, waitingFrom, phaseBefore(client, next), totals);
      pass(at, phaseBefore(client, next));
      client = next;
      waitingFrom = segments.length;
    } else {
      // Nobody knows yet who speaks next: the next chunk says it.
      pass(at, 'idle');
    }
    if (kind === 'tx') written += bytes;
    else if (kind === 'sent') taken += bytes;
    else if (kind === 'gap' || kind === 'reset' || kind === 'close') taken = written;
    else if (kind === 'paused') held = true;
    else if (kind === 'resumed') held = false;
    else if (kind === 'pressure') pressed = true;
    else if (kind === 'drained') pressed = false;
  }
  const unanswered = client && row.state === 'open';
  if (unanswered) relabel(segments, waitingFrom, 'waiting', totals);
  pass(end, unanswered ? 'waiting' : 'idle');
  return { segments, totals, exchanges: exchangesOf(row, segments) };
}

/** What came between a chunk and the next one, each of the client or of the target. */
function phaseBefore(last: boolean, next: boolean): Phase {
  if (last === next) return 'transfer';
  return next ? 'idle' : 'waiting';
}

/** Names the stretches since the last chunk after the chunk that has come now. */
function relabel(segments: Segment[], from: number, phase: Phase, totals: Record<Phase, number>): void {
  for (let i = from; i < segments.length; i += 1) {
    const segment = segments[i]!;
    if (segment.phase !== 'idle' || phase === 'idle') continue;
    totals.idle -= segment.to - segment.from;
    totals[phase] += segment.to - segment.from;
    segments[i] = { ...segment, phase };
  }
}

function exchangesOf(row: Row, segments: readonly Segment[]): Exchange[] {
  const [requests, replies] = row.lanes;
  const exchanges: Exchange[] = [];
  const marks = [...requests.marks, ...replies.marks].sort((one, other) => one.seq - other.seq);
  let open: { from: number; to: number; label: string; reply: string } | undefined;
  let next = 0;
  const close = (): void => {
    if (open === undefined) return;
    const { from, to } = open;
    while (next < segments.length && segments[next]!.to <= from) next += 1;
    const inside: Segment[] = [];
    for (let i = next; i < segments.length && segments[i]!.from < to; i += 1) {
      const { from: start, to: end, phase } = segments[i]!;
      inside.push({ from: Math.max(start, from), to: Math.min(end, to), phase });
    }
    exchanges.push({ ...open, segments: inside });
  };
  let last = false;
  for (const mark of marks) {
    const { time, until, preview } = mark;
    const client = row.fromClient(mark)!;
    if (client && !last) {
      close();
      open = { from: time, to: until, label: preview, reply: '' };
    } else if (open !== undefined) {
      open.to = until;
      if (!client && open.reply === '') open.reply = preview;
    }
    last = client;
  }
  close();
  return exchanges;
}
