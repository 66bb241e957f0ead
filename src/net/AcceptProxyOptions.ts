import { assertBoolean, assertTimeout } from '../argumentChecks';
import { TrustedAddresses } from './TrustedAddresses';

/** The PROXY headers that a server reads. */
export interface AcceptProxyOptions {
  /**
   * The addresses of your proxies: `'192.0.2.1'`, `'10.0.0.0/8'`, `'::1'`, `'fd00::/8'`; `'unix'` for peers on a Unix socket. A header is
   * read from these alone. All others are clients, and what they send is data, whatever it looks like.
   */
  readonly from: readonly string[];
  /**
   * Whether a connection from these addresses must begin with a header. With `false` one that begins with other bytes, or sends
   * nothing for `timeout`, is taken as it is. Default `true`.
   */
  readonly required?: boolean | undefined;
  /** How long a header may take from the connect on, in milliseconds. Default 5000; 0 waits for ever. */
  readonly timeout?: number | undefined;
}

/**
 * Throws for invalid options.
 *
 * @throws `TypeError` or `RangeError`, with the option and its value.
 */
export function assertAcceptProxyOptions(options: AcceptProxyOptions | undefined): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(
      'Cannot listen with proxyProtocol: it must be options with the addresses of your proxies (from)',
    );
  }
  void new TrustedAddresses(options.from);
  assertBoolean('proxyProtocol.required', options.required);
  assertTimeout('proxyProtocol.timeout', options.timeout);
}
