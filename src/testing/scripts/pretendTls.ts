import { showBytes } from '../../bytes/showBytes';
import type { MemoryTransport } from '../../transports/MemoryTransport';
import type { Transport, TransportUpgrade } from '../../transports/Transport';

type Side = TransportUpgrade['side'];
type Done = (error: unknown, transport?: Transport) => void;

/**
 * Lets two ends in memory upgrade to TLS, for tests: the handshake is done once both ends have called `startTls`, and nothing is
 * encrypted. Bytes in the clear make it fail, as a real one.
 *
 * @param ends - Each with the side that it is if its options do not say.
 */
export function pretendTls(...ends: readonly (readonly [MemoryTransport, Side])[]): void {
  const waiting = new Map<MemoryTransport, Done>();
  for (const [end, usual] of ends) {
    end.startTls = ({ side = usual }) => {
      if (side !== 'client' && side !== 'server') {
        throw new TypeError(`Cannot start TLS as ${String(side)}: side must be 'client' or 'server'`);
      }
      return {
        side,
        get unread() {
          return end.unread;
        },
        start: (head, discard, done) => {
          const fail = (why: string) => {
            waiting.delete(end);
            done(Object.assign(new Error(`Cannot start TLS: ${why}`), { code: 'EPROTO' }));
          };
          const inClear = (bytes: Uint8Array) =>
            fail(`${showBytes(bytes, 60)} came in the clear instead of a handshake`);
          if (discard) end.dropUnread();
          if (head.length > 0) {
            inClear(head);
            return;
          }
          waiting.set(end, done);
          end.open({
            onData: inClear,
            onEnd: () => fail('the peer has ended'),
            onClosed: (error) => done(error ?? gone()),
          });
          end.resume();
          if (waiting.size < ends.length) return;
          const both = [...waiting];
          waiting.clear();
          for (const [transport, ready] of both) ready(undefined, transport);
        },
      };
    };
  }
}

function gone(): Error {
  return new Error('Cannot start TLS: the connection is gone');
}
