import type { ListenOptions } from './ListenOptions';

/** The limits of `protection: 'public'`, with reasons in `docs/protection.md`. */
export const publicProtection = {
  maxConnections: 10_000,
  maxConnectionsPerAddress: 64,
  acceptRate: 1_000,
  maxHandshakes: 256,
  handshakeTimeout: 10_000,
  idleTimeout: 120_000,
  writeIdleTimeout: 30_000,
  frameTimeout: 30_000,
  minReadRate: 100,
  memoryLimit: 256 * 1024 * 1024,
  overload: 'wait',
} as const satisfies Partial<ListenOptions>;
