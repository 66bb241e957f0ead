/**
 * Plays the server of a saved conversation to a client: what it had sent comes again, each time after the client has sent what
 * came before it. The client is compared with the log, byte by byte.
 *
 *     log       client 'PING'  server '+PONG'  client FIN    server FIN
 *     playing   reads 4 bytes, compares ─► writes ─► reads the end ─► ends
 */

import type { Connection } from '../..';
import { showBytes } from '../../bytes/showBytes';
import type { WireEvent } from '../WireEvent';

/** A step of the conversation. */
interface Step {
  readonly by: 'client' | 'server';
  bytes: Buffer;
  readonly end?: 'fin' | 'reset';
}

/**
 * @param events - The saved events of one connection.
 * @param side - Whose view they are.
 * @returns What the client did differently, or `undefined`.
 */
export async function playLog(
  connection: Connection,
  events: readonly WireEvent[],
  side: 'client' | 'server',
): Promise<string | undefined> {
  const { reader, writer } = connection;
  let place = 0;
  for (const { by, bytes, end } of stepsOf(events, side)) {
    if (by === 'server') {
      if (bytes.length > 0) writer.write(bytes);
      if (end === 'fin') writer.writeEof();
      if (end === 'reset') connection.reset();
      if (end === undefined) await writer.drain().catch(() => {});
      continue;
    }
    if (end === 'reset') return undefined;
    if (end === 'fin') {
      const more = await reader.read(64).catch(() => Buffer.alloc(0));
      if (more.length > 0) return `the log ends after ${place} bytes, and the client sent ${showBytes(more)}`;
      continue;
    }
    // Compared as it comes: a client that differs may send less, and wait for an answer.
    for (let at = 0; at < bytes.length; ) {
      const came = await reader.read(bytes.length - at).catch(() => Buffer.alloc(0));
      const wanted = bytes.subarray(at, at + came.length);
      if (came.length === 0)
        return `the client ended after ${place} bytes, and the log goes on with ${short(bytes.subarray(at))}`;
      if (!came.equals(wanted)) {
        const same = came.findIndex((byte, i) => byte !== wanted[i]);
        return `byte ${place + same}: the log has ${short(bytes.subarray(at + same))}, and the client sent ${short(came.subarray(same))}`;
      }
      at += came.length;
      place += came.length;
    }
  }
  return undefined;
}

/** The first bytes, as code. */
function short(bytes: Buffer): string {
  return showBytes(bytes, 40);
}

/** The conversation in causal order. */
function stepsOf(events: readonly WireEvent[], side: 'client' | 'server'): Step[] {
  const steps: Step[] = [];
  const byOf = (outgoing: boolean) => (outgoing === (side === 'client') ? 'client' : 'server');
  const ended = new Set<string>();
  for (const { kind, data, by } of events) {
    if (kind === 'rx' || kind === 'tx') {
      const sender = byOf(kind === 'tx');
      const last = steps.at(-1);
      if (last?.by === sender && last.end === undefined)
        last.bytes = Buffer.concat([last.bytes, data ?? Buffer.alloc(0)]);
      else steps.push({ by: sender, bytes: Buffer.from(data ?? []) });
    } else if (kind === 'fin-in' || kind === 'fin-out') {
      const sender = byOf(kind === 'fin-out');
      ended.add(sender);
      steps.push({ by: sender, bytes: Buffer.alloc(0), end: 'fin' });
    } else if (kind === 'close' && ended.size < 2) {
      // Not both have ended in good order: the one that broke it is the peer, or our side.
      const sender = byOf(by === 'local');
      steps.push({ by: sender, bytes: Buffer.alloc(0), end: 'reset' });
    }
  }
  return steps;
}
