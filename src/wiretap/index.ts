/**
 * One event log of a live connection, and the ways to print it: marbles, hexadecimal, JSON lines, a capture, a test.
 *
 * @module rxjs-tcp/wiretap
 */

// Live connections.
export { type Wiretap, type WiretapOptions, wiretap } from './wiretap';
export type { Redact, WireDirection } from './ConnectionTap';
export type { WireEvent, WireEventKind } from './WireEvent';

// Saved events.
export { readJsonLines } from './readJsonLines';
export type { WireLog } from './WireLog';
