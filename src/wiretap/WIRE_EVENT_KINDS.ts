import type { WireEventKind } from './WireEvent';

/** The kinds of events in a fixed order: a page gets the index of a kind. */
export const WIRE_EVENT_KINDS = [
  'open',
  'rx',
  'tx',
  'sent',
  'paused',
  'resumed',
  'pressure',
  'drained',
  'fin-in',
  'fin-out',
  'tls',
  'reset',
  'close',
  'gap',
] as const satisfies readonly WireEventKind[];
