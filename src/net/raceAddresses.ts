/**
 * Connects to a name that may have several addresses, as in RFC 8305 ("happy eyeballs").
 *
 *     look-up ──► addresses, families in turn: 6 4 6 4 …
 *                   ├─ attempt 1 ────────────────────── no answer: goes on until another wins, or the race is cancelled
 *                   │    250 ms later, or as soon as one fails
 *                   └─ attempt 2 ──── connected: wins, the others are destroyed
 *
 * Node has this built in (`autoSelectFamily`), but it ends every attempt except the last after those 250 ms. So it can't reach a
 * server that is 300 ms away by a name with two addresses.
 */
import { ADDRCONFIG, type LookupAddress, lookup as systemLookup } from 'node:dns';
import { connect, getDefaultAutoSelectFamilyAttemptTimeout, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { asyncScheduler, type Subscription } from 'rxjs';

/** One of the two methods is called, once, unless the race is cancelled before. */
export interface RaceObserver {
  connected(socket: Socket): void;
  failed(error: unknown): void;
}

/**
 * @param options - Options of `net.connect`; `host` is a name.
 * @returns A function that cancels the race. It does not touch the socket that has won.
 */
export function raceAddresses(options: TcpNetConnectOpts, observer: RaceObserver): () => void {
  const { host, lookup, family, hints, autoSelectFamily, autoSelectFamilyAttemptTimeout, ...rest } = options;
  const pause = Math.max(SHORTEST_PAUSE, autoSelectFamilyAttemptTimeout ?? getDefaultAutoSelectFamilyAttemptTimeout());
  const running = new Set<Socket>();
  let addresses: readonly string[] = [];
  const errors: unknown[] = [];
  let next = 0;
  let timer: Subscription | undefined;
  let over = false;

  const cancel = () => {
    over = true;
    timer?.unsubscribe();
    for (const socket of running) socket.destroy();
  };
  const fail = (error: unknown) => {
    if (over) return;
    cancel();
    observer.failed(error);
  };
  const attempt = () => {
    timer?.unsubscribe();
    const index = next++;
    let socket: Socket;
    try {
      socket = connect({ ...rest, host: addresses[index] as string });
    } catch (error) {
      // The options are invalid: every other address would fail in the same way.
      fail(error);
      return;
    }
    running.add(socket);
    const win = () => {
      running.delete(socket);
      socket.off('error', lose).off('close', closedEarly);
      cancel();
      observer.connected(socket);
    };
    const lose = (error: unknown) => {
      if (over || !running.delete(socket)) return;
      errors[index] = error;
      if (next < addresses.length) attempt();
      else if (running.size === 0) fail(joinFailures(options, errors));
    };
    const closedEarly = () => lose(new Error('Cannot connect: the socket was closed before it was ready'));
    socket.once('connect', win).once('error', lose).once('close', closedEarly);
    if (next < addresses.length) timer = asyncScheduler.schedule(attempt, pause);
  };

  lookUp(options, (error, found) => {
    if (over || next > 0) return;
    if (error !== null) {
      fail(error);
      return;
    }
    addresses = inTurn(found);
    attempt();
  });
  return cancel;
}

/** The minimum of Node's own option, in milliseconds. */
const SHORTEST_PAUSE = 10;

/** Looks up all addresses. A custom `lookup` may return a single one. */
function lookUp(
  { host = 'localhost', lookup = systemLookup, family, hints = 0, localAddress }: TcpNetConnectOpts,
  done: (error: unknown, addresses: readonly string[]) => void,
): void {
  // A socket with a `localAddress` reaches only addresses of the same family.
  const wanted = family || isIP(localAddress ?? '');
  // As Node's own connect does: no addresses of a family that this machine does not have.
  const usual = wanted === 0 && process.platform !== 'win32' ? ADDRCONFIG : 0;
  const answered = (error: Error | null, found: string | LookupAddress[]) => {
    if (error) {
      done(error, []);
      return;
    }
    const addresses = Array.isArray(found) ? found.map((entry) => entry?.address) : [found];
    const wrong = addresses.findIndex((address) => isIP(address) === 0);
    if (addresses.length === 0) done(lookupError(host, 'ENOTFOUND', 'it has no address'), []);
    else if (wrong < 0) done(null, addresses);
    else done(lookupError(host, 'ERR_INVALID_IP_ADDRESS', `${addresses[wrong]} is not an IP address`), []);
  };
  try {
    lookup(host, { all: true, family: wanted, hints: hints || usual }, answered);
  } catch (error) {
    done(error, []);
  }
}

function lookupError(host: string, code: string, state: string): Error {
  return Object.assign(new Error(`Cannot look up ${host}: ${state}`), { code, hostname: host });
}

/** The addresses, alternating between families. The family of the first address comes first; the order within a family stays. */
function inTurn(addresses: readonly string[]): readonly string[] {
  if (addresses.length < 3) return addresses;
  const first = isIP(addresses[0] as string);
  const one = addresses.filter((address) => isIP(address) === first);
  const other = addresses.filter((address) => isIP(address) !== first);
  const longer = Math.max(one.length, other.length);
  return Array.from({ length: longer }, (_, i) => [one[i], other[i]])
    .flat()
    .filter((address) => address !== undefined);
}

/** Returns a single error untouched. Several become an `AggregateError` with the code of the first, as in Node, and a message. */
function joinFailures({ host, port }: TcpNetConnectOpts, errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0];
  const reasons = errors.map((error) => (error as Error).message).join(', ');
  const { code } = errors[0] as NodeJS.ErrnoException;
  return Object.assign(
    new AggregateError(errors, `Cannot connect to ${host}:${port}: all ${errors.length} addresses failed: ${reasons}`),
    { code },
  );
}
