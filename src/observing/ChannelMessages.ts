import type { CloseInfo } from '../connection/CloseInfo';
import type { Connection } from '../connection/Connection';
import type { ServerFailure } from '../net/Failures';
import type { RefusedConnection } from '../net/RefusedConnection';
import type { Server } from '../net/Server';

/** The message of `rxjs-tcp:connection:open`: a connection is made. No byte has been read or written. */
export interface ConnectionOpenMessage {
  readonly connection: Connection;
  /** The server that has accepted it; absent for a connection that was dialed, and for one in memory. */
  readonly server?: Server | undefined;
}

/** The message of `rxjs-tcp:connection:close`: a connection is closed, and its counters are final. `by` and `error` say how it ended. */
export interface ConnectionCloseMessage extends ConnectionOpenMessage, CloseInfo {}

/** The message of `rxjs-tcp:connection:pressure`: the writer has been under pressure for `slowAfter` milliseconds. */
export interface ConnectionPressureMessage extends ConnectionOpenMessage {
  /** Since when, in milliseconds since 1970. */
  readonly pressureSince: number;
  /** How many bytes wait to be handed to the kernel. */
  readonly queued: number;
}

/** The message of `rxjs-tcp:connection:held`: the reader has been held for `slowAfter` milliseconds without a break. */
export interface ConnectionHeldMessage extends ConnectionOpenMessage {
  /** Since when, in milliseconds since 1970. */
  readonly heldSince: number;
  /** The operators or calls that hold it, the oldest first: as in `connection.stats()`. */
  readonly heldBy: readonly string[];
  /** How many bytes wait in the reader. */
  readonly unread: number;
}

/** The message of `rxjs-tcp:server:listening`: a server is bound. `server.addresses` says where. */
export interface ServerListeningMessage {
  readonly server: Server;
}

/** The message of `rxjs-tcp:server:close`: a server that has listened is closed, with all its connections and handlers. */
export interface ServerCloseMessage {
  readonly server: Server;
}

/** The message of `rxjs-tcp:server:refused`: a connection was closed as soon as it came, as `refused$` emits it. */
export interface ServerRefusedMessage extends RefusedConnection {
  readonly server: Server;
}

/** The message of `rxjs-tcp:server:failure`: a connection has failed, as `errors` emits it. */
export interface ServerFailureMessage extends ServerFailure {
  readonly server: Server;
}

/**
 * The message of `tracing:rxjs-tcp:connect:*`: one dialing, from the call to the connection. It is the same object in all events of
 * one dialing, so you can keep what you want in a `WeakMap`.
 */
export interface ConnectMessage {
  /** The name or address; absent for a path and for a given socket. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** The path of a Unix socket. */
  readonly path?: string | undefined;
  /** Whether it includes a TLS handshake, which has a trace of its own. */
  readonly tls: boolean;
  /** The connection, from `asyncStart` on. */
  readonly result?: Connection | undefined;
  /** Why there is none, from `error` on. */
  readonly error?: unknown;
  /** True from `asyncStart` on if the caller has given up: there is neither a `result` nor an `error`. */
  readonly cancelled?: boolean | undefined;
}

/**
 * The message of `tracing:rxjs-tcp:handshake:*`: one TLS handshake. It is the same object in all events of one handshake.
 */
export interface HandshakeMessage {
  readonly side: 'client' | 'server';
  /** The connection of a `startTls`; absent if TLS comes first: then the connection is made after the handshake. */
  readonly connection?: Connection | undefined;
  /** The server that accepts it, or has accepted its connection. */
  readonly server?: Server | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** The version, as `'TLSv1.3'`, from `asyncStart` on. */
  readonly protocol?: string | undefined;
  /** Whether a former session goes on, from `asyncStart` on. */
  readonly resumed?: boolean | undefined;
  /** Why it failed, from `error` on. */
  readonly error?: unknown;
  /** True if it failed because a peer has connected, sent nothing and left. */
  readonly probe?: boolean | undefined;
  /** True from `asyncStart` on if this side has given up: there is neither a `protocol` nor an `error`. */
  readonly cancelled?: boolean | undefined;
}

/** The messages of all channels of `node:diagnostics_channel`, by the name of the channel. */
export interface ChannelMessages {
  'rxjs-tcp:connection:open': ConnectionOpenMessage;
  'rxjs-tcp:connection:close': ConnectionCloseMessage;
  'rxjs-tcp:connection:pressure': ConnectionPressureMessage;
  'rxjs-tcp:connection:held': ConnectionHeldMessage;
  'rxjs-tcp:server:listening': ServerListeningMessage;
  'rxjs-tcp:server:close': ServerCloseMessage;
  'rxjs-tcp:server:refused': ServerRefusedMessage;
  'rxjs-tcp:server:failure': ServerFailureMessage;
  'tracing:rxjs-tcp:connect:start': ConnectMessage;
  'tracing:rxjs-tcp:connect:end': ConnectMessage;
  'tracing:rxjs-tcp:connect:asyncStart': ConnectMessage;
  'tracing:rxjs-tcp:connect:asyncEnd': ConnectMessage;
  'tracing:rxjs-tcp:connect:error': ConnectMessage;
  'tracing:rxjs-tcp:handshake:start': HandshakeMessage;
  'tracing:rxjs-tcp:handshake:end': HandshakeMessage;
  'tracing:rxjs-tcp:handshake:asyncStart': HandshakeMessage;
  'tracing:rxjs-tcp:handshake:asyncEnd': HandshakeMessage;
  'tracing:rxjs-tcp:handshake:error': HandshakeMessage;
}
