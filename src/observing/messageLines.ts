import type { ChannelMessages, ConnectMessage, HandshakeMessage } from './ChannelMessages';
import { inspectSymbol } from './inspectSymbol';
import { showEndpoint } from './showEndpoint';

type Name = keyof ChannelMessages;
type Show<M> = (message: M) => string | undefined;

/** What is an object of ours shows itself in one line. */
interface Shown {
  [inspectSymbol](): string;
}

/**
 * What `NODE_DEBUG=rxjs-tcp` prints of a message, behind the name of its channel: one line, without a byte of the peer. It is
 * `undefined` for a probe. Of a trace these are the beginning and the end; the other events come with them.
 */
export const messageLines: { readonly [N in Name]?: Show<ChannelMessages[N]> } = {
  'rxjs-tcp:connection:open': ({ connection }) => line(connection),
  'rxjs-tcp:connection:close': ({ connection, error }) => `${line(connection)}${kindOf(error)}`,
  'rxjs-tcp:connection:pressure': ({ connection }) => line(connection),
  'rxjs-tcp:connection:held': ({ connection }) => line(connection),
  'rxjs-tcp:server:listening': ({ server }) => line(server),
  'rxjs-tcp:server:close': ({ server }) => line(server),
  'rxjs-tcp:server:refused': ({ server, reason, remoteAddress, remotePort }) =>
    `${showEndpoint(remoteAddress, remotePort) ?? '?'}, ${reason}, ${line(server)}`,
  'rxjs-tcp:server:failure': ({ stage, error, remoteAddress, remotePort, probe }) =>
    probe ? undefined : `${showEndpoint(remoteAddress, remotePort) ?? '?'}, ${stage}${kindOf(error)}`,
  'tracing:rxjs-tcp:connect:start': (message) => place(message),
  'tracing:rxjs-tcp:connect:asyncEnd': (message) => `${place(message)}${outcome(message)}`,
  // A handshake of a server is told when it is over: only then it is known whether it was a probe.
  'tracing:rxjs-tcp:handshake:asyncEnd': (message) =>
    message.probe ? undefined : `${message.side}, ${peerOf(message)}${outcome(message)}`,
};

function line(shown: object): string {
  return (shown as Shown)[inspectSymbol]();
}

function place({ host, port, path, tls }: ConnectMessage): string {
  const where = path === undefined ? showEndpoint(host, port) : showEndpoint(path);
  return `${where ?? 'a socket'}${tls ? ', TLS' : ''}`;
}

function peerOf({ connection, remoteAddress, remotePort }: HandshakeMessage): string {
  return connection === undefined ? (showEndpoint(remoteAddress, remotePort) ?? '?') : line(connection);
}

function outcome(message: Partial<ConnectMessage & HandshakeMessage>): string {
  const { result, protocol, resumed, cancelled } = message;
  if ('error' in message) return kindOf(message.error);
  if (cancelled) return ', cancelled';
  return `${result === undefined ? '' : `, ${line(result)}`}${protocol === undefined ? '' : `, ${protocol}`}${resumed ? ', resumed' : ''}`;
}

/** The code or the class of an error. Its text may have bytes of the peer. */
function kindOf(error: unknown): string {
  if (error === undefined) return '';
  const { code, name } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const kind = [code, name].find((word) => typeof word === 'string' && /^\w{1,60}$/.test(word));
  return `, ${kind ?? typeof error}`;
}
