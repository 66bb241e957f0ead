/**
 * OpenTelemetry spans of dialings, TLS handshakes and handlers. The handshake of a dialing is a child of its span.
 *
 * No span has a message of an error: it may quote what the peer has sent. `error.type` has its code or name.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Connection, ConnectionHandler, ConnectMessage, HandshakeMessage } from 'rxjs-tcp';
import { errorType } from './errorType.js';
import { listenTo } from './listen.js';

/** The span of the dialing in which code runs. */
const dialing = new AsyncLocalStorage<Span>();
/** The spans of handlers, for what happens meanwhile. */
const handling = new WeakMap<Connection, Span>();

/**
 * Makes spans of all dialings and handshakes of this process, and events `held` and `pressure` in the spans of handlers.
 *
 * @returns A function that stops it.
 */
export function traceConnections(tracer: Tracer): () => void {
  const spans = new WeakMap<object, Span>();
  const start = channel('tracing:rxjs-tcp:connect:start');

  // Bound to the store, the span is there for what the dialing leads to: its handshake.
  start.bindStore(dialing, (message) => {
    const { host, port, path, tls } = message as ConnectMessage;
    const attributes: Attributes = { 'network.transport': path === undefined ? 'tcp' : 'unix', 'tcp.tls': tls };
    if (host !== undefined) attributes['server.address'] = host;
    if (path !== undefined) attributes['server.address'] = path;
    if (port !== undefined) attributes['server.port'] = port;
    const span = tracer.startSpan('tcp.connect', { kind: SpanKind.CLIENT, attributes });
    spans.set(message as object, span);
    return span;
  });

  const stop = listenTo({
    'tracing:rxjs-tcp:connect:asyncStart': (message) => end(spans.get(message), message),
    'tracing:rxjs-tcp:handshake:start'(message) {
      const client = message.side === 'client';
      const parent = client ? dialing.getStore() : undefined;
      const above = parent === undefined ? context.active() : trace.setSpan(context.active(), parent);
      const kind = client ? SpanKind.CLIENT : SpanKind.SERVER;
      const options = { kind, root: !client, attributes: peerOf(message.remoteAddress, message.remotePort) };
      spans.set(message, tracer.startSpan('tcp.handshake', options, above));
    },
    'tracing:rxjs-tcp:handshake:asyncStart': (message) => end(spans.get(message), message),
    'rxjs-tcp:connection:held': ({ connection, heldBy }) =>
      handling.get(connection)?.addEvent('held', { 'tcp.held_by': [...heldBy] }),
    'rxjs-tcp:connection:pressure': ({ connection, queued }) =>
      handling.get(connection)?.addEvent('pressure', { 'tcp.queued': queued }),
  });
  return () => {
    stop();
    start.unbindStore(dialing);
  };
}

/** A handler with a span from its call to the end of its connection. Spans that the handler makes are children of it. */
export function tracedHandler(tracer: Tracer, handler: ConnectionHandler): ConnectionHandler {
  return (connection) => {
    const attributes = peerOf(connection.remoteAddress, connection.remotePort);
    const span = tracer.startSpan('tcp.handle', { kind: SpanKind.SERVER, root: true, attributes });
    handling.set(connection, span);
    void connection.closed.then(({ by, error }) => {
      const { bytesRead, bytesWritten } = connection;
      span.setAttributes({ 'tcp.closed_by': by, 'tcp.bytes_read': bytesRead, 'tcp.bytes_written': bytesWritten });
      if (error !== undefined) fail(span, error);
      span.end();
    });
    return context.with(trace.setSpan(context.active(), span), handler, undefined, connection);
  };
}

function end(span: Span | undefined, message: ConnectMessage | HandshakeMessage): void {
  const { error, cancelled } = message;
  if (span === undefined) return;
  if ('protocol' in message && message.protocol !== undefined) {
    span.setAttributes({
      'tls.protocol.version': message.protocol.replace(/^TLSv/, ''),
      'tls.resumed': message.resumed ?? false,
    });
  }
  if ('probe' in message && message.probe) span.setAttribute('tcp.probe', true);
  else if (error !== undefined) fail(span, error);
  if (cancelled) span.setAttribute('tcp.cancelled', true);
  span.end();
}

function fail(span: Span, error: unknown): void {
  span.setAttribute('error.type', errorType(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function peerOf(address: string | undefined, port: number | undefined): Attributes {
  return {
    ...(address !== undefined && { 'network.peer.address': address }),
    ...(port !== undefined && { 'network.peer.port': port }),
  };
}
