import { type checkServerIdentity, createSecureContext, type TlsOptions } from 'node:tls';
import { isNativeError } from 'node:util/types';
import { withoutUndefined } from './withoutUndefined';

/**
 * Makes TLS options safe for Node: options that are `undefined` are left out, and a callback that throws makes the handshake
 * fail, instead of ending the process from inside an event.
 *
 * @param options - Options of `tls.connect` or `tls.createServer`.
 * @throws `TypeError` for options that Node checks only in the handshake, where you can't catch what it throws.
 */
export function nodeTlsOptions<T extends object>(options: T): T {
  const given = withoutUndefined(options) as T & Checked;
  for (const [name, wanted, fits] of LATE) {
    if (name in given && !fits(given[name])) {
      throw new TypeError(`Cannot start TLS with ${name} of type ${typeof given[name]}: it must be ${wanted}`);
    }
  }
  return {
    ...given,
    ...(given.checkServerIdentity && { checkServerIdentity: guardedCheck(given.checkServerIdentity) }),
    ...(given.SNICallback && { SNICallback: guardedSni(given.SNICallback) }),
  };
}

type CheckServerIdentity = typeof checkServerIdentity;
type SniCallback = NonNullable<TlsOptions['SNICallback']>;

type Late =
  | 'ALPNCallback'
  | 'checkServerIdentity'
  | 'enableTrace'
  | 'highWaterMark'
  | 'pskCallback'
  | 'secureContext'
  | 'servername'
  | 'session'
  | 'SNICallback';

type Checked = Readonly<Partial<Record<Late, unknown>>> & {
  readonly checkServerIdentity?: CheckServerIdentity;
  readonly SNICallback?: SniCallback;
};

let madeClass: (new () => unknown) | undefined;

/** The class of Node's contexts. Node does not export it. */
function contextClass(): new () => unknown {
  madeClass ??= createSecureContext().constructor as new () => unknown;
  return madeClass;
}

const isFunction = (value: unknown) => typeof value === 'function';

/** The options that Node checks late, or not at all. */
const LATE: readonly [name: Late, wanted: string, fits: (value: unknown) => boolean][] = [
  ['ALPNCallback', 'a function', isFunction],
  ['checkServerIdentity', 'a function', isFunction],
  ['enableTrace', 'a boolean', (value) => typeof value === 'boolean'],
  ['highWaterMark', 'a number of bytes', (value) => Number.isInteger(value) && (value as number) >= 0],
  ['pskCallback', 'a function', isFunction],
  // Node aborts the process if an object only looks like a context.
  ['secureContext', 'made by tls.createSecureContext', (value) => !value || value instanceof contextClass()],
  ['servername', 'a string', (value) => !value || typeof value === 'string'],
  ['session', 'bytes', (value) => !value || ArrayBuffer.isView(value)],
  ['SNICallback', 'a function', isFunction],
];

function guardedCheck(check: CheckServerIdentity): CheckServerIdentity {
  return (host, certificate) => {
    try {
      const refused: unknown = check(host, certificate);
      return refused ? toError(refused) : undefined;
    } catch (error) {
      return toError(error);
    }
  };
}

function guardedSni(find: SniCallback): SniCallback {
  return (servername, found) => {
    const fail = (error: unknown) => found(toError(error));
    try {
      // An async function is allowed too: it answers by its callback and fails by its promise.
      const finding: unknown = find(servername, found);
      Promise.resolve(finding).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}

/** The error that the handshake fails with, from what a callback threw or answered. */
function toError(reason: unknown): Error {
  return isNativeError(reason)
    ? reason
    : new Error(`Cannot finish the TLS handshake: a callback refused with ${String(reason)}`);
}
