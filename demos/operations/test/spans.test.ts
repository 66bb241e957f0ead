import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { concatMapPausing, lines, openConnection, type Server, startServer, writeTo } from 'rxjs-tcp';
import { traceConnections, tracedHandler } from '../src/spans.js';
import { testCertificate } from '../src/testCertificate.js';
import { until } from './until.js';

const host = '127.0.0.1';
const exporter = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test');
let stop: () => void;
let servers: Server[] = [];

before(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
after(() => context.disable());
beforeEach(() => {
  stop = traceConnections(tracer);
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close({ timeout: 100 })));
  servers = [];
  stop();
  exporter.reset();
});

const finished = (name: string, kind?: SpanKind): ReadableSpan[] =>
  exporter.getFinishedSpans().filter((span) => span.name === name && (kind === undefined || span.kind === kind));
const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan) => span.spanContext().spanId;

async function serve(...args: Parameters<typeof startServer>): Promise<{ host: string; port: number }> {
  const server = await startServer(...args);
  server.errors.subscribe();
  servers.push(server);
  return { host, port: server.port! };
}

describe('spans', () => {
  it('of a dial with TLS: the handshake is a child of the dialing, and the dialing of what began it', async () => {
    const to = await serve(({ reader, writer }) => reader.pipe(writeTo(writer)), {
      host,
      port: 0,
      tls: testCertificate,
    });
    const whole = tracer.startSpan('whole');
    const connection = await context.with(trace.setSpan(context.active(), whole), () =>
      openConnection({ ...to, tls: { ca: testCertificate.cert } }),
    );
    await until('the server has its span', () => finished('tcp.handshake', SpanKind.SERVER).length === 1);
    await connection.close();

    const [dial] = finished('tcp.connect') as [ReadableSpan];
    assert.equal(parentOf(dial), idOf(whole as unknown as ReadableSpan));
    assert.equal(dial.kind, SpanKind.CLIENT);
    assert.deepEqual(dial.attributes, {
      'network.transport': 'tcp',
      'server.address': host,
      'server.port': to.port,
      'tcp.tls': true,
    });
    const [client, ...others] = finished('tcp.handshake', SpanKind.CLIENT) as [ReadableSpan];
    assert.deepEqual(others, []);
    assert.equal(parentOf(client), idOf(dial));
    assert.equal(client.attributes['tls.protocol.version'], '1.3');
    assert.equal(client.attributes['tls.resumed'], false);
    assert.ok(dial.ended && client.ended);
    const [server] = finished('tcp.handshake', SpanKind.SERVER) as [ReadableSpan];
    assert.equal(parentOf(server), undefined);
    assert.equal(server.attributes['tls.protocol.version'], '1.3');
    assert.equal(server.attributes['network.peer.port'], connection.localPort);
  });

  it('of failed dialings have the code of the error, and not its message', async () => {
    const closed = createServer().listen(0, host);
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    await once(closed, 'close');
    await assert.rejects(openConnection({ host, port }));
    const [dial] = finished('tcp.connect') as [ReadableSpan];
    assert.equal(dial.attributes['error.type'], 'ECONNREFUSED');
    assert.deepEqual(dial.status, { code: SpanStatusCode.ERROR });

    exporter.reset();
    const to = await serve(() => {}, { host, port: 0, tls: testCertificate });
    await assert.rejects(openConnection({ ...to, tls: true }));
    const [again] = finished('tcp.connect') as [ReadableSpan];
    const [handshake] = finished('tcp.handshake', SpanKind.CLIENT) as [ReadableSpan];
    assert.equal(again.attributes['error.type'], 'DEPTH_ZERO_SELF_SIGNED_CERT');
    assert.equal(handshake.attributes['error.type'], 'DEPTH_ZERO_SELF_SIGNED_CERT');
    assert.equal(parentOf(handshake), idOf(again));
  });

  it('of a dialing that is given up say so', async () => {
    const to = await serve(() => {}, { host, port: 0 });
    const abort = new AbortController();
    const connection = openConnection({ ...to, signal: abort.signal });
    abort.abort();
    await assert.rejects(connection);
    const [dial] = finished('tcp.connect') as [ReadableSpan];
    assert.equal(dial.attributes['tcp.cancelled'], true);
    assert.deepEqual(dial.status, { code: SpanStatusCode.UNSET });
  });

  it('of handlers last as long as their connection, and are parents of what the handler does', async () => {
    const handler = tracedHandler(tracer, async ({ reader, writer }) => {
      const line = await reader.readLine();
      tracer.startSpan('answer').end();
      writer.write(line);
      await writer.flush();
    });
    const to = await serve(handler, { host, port: 0 });
    const connection = await openConnection(to);
    connection.writer.write('hello\n');
    await connection.reader.readAll();
    await connection.close();
    await until('the handler has its span', () => finished('tcp.handle').length === 1);

    const [handle] = finished('tcp.handle') as [ReadableSpan];
    assert.equal(handle.kind, SpanKind.SERVER);
    assert.equal(parentOf(handle), undefined);
    assert.equal(handle.attributes['tcp.bytes_read'], 6);
    assert.equal(handle.attributes['tcp.bytes_written'], 6);
    assert.equal(handle.attributes['tcp.closed_by'], 'local');
    assert.equal(handle.attributes['network.peer.port'], connection.localPort);
    assert.equal(handle.attributes['error.type'], undefined);
    assert.equal(parentOf(finished('answer')[0]!), idOf(handle));
  });

  it('of handlers that fail have the code or name, and of slow ones an event', async () => {
    const handler = tracedHandler(tracer, ({ reader }) =>
      reader.pipe(
        lines(),
        concatMapPausing(async (line) => {
          await until('it is told', () => exporter.getFinishedSpans().some(({ name }) => name === 'told'));
          throw new RangeError(`Cannot answer ${line}`);
        }),
      ),
    );
    const to = await serve(handler, { host, port: 0, slowAfter: 1 });
    const connection = await openConnection(to);
    connection.writer.write('secret\nmore\n');
    const { channel } = await import('node:diagnostics_channel');
    channel('rxjs-tcp:connection:held').subscribe(function told() {
      channel('rxjs-tcp:connection:held').unsubscribe(told);
      tracer.startSpan('told').end();
    });
    // The server ends; so does this side, then.
    await connection.reader.readAll().catch(() => {});
    await connection.close();
    await until('the handler has its span', () => finished('tcp.handle').length === 1);

    const [handle] = finished('tcp.handle') as [ReadableSpan];
    assert.deepEqual(
      handle.events.map(({ name, attributes }) => [name, attributes]),
      [['held', { 'tcp.held_by': ['concatMapPausing'] }]],
    );
    assert.equal(handle.attributes['error.type'], 'RangeError');
    assert.equal(handle.status.code, SpanStatusCode.ERROR);
    assert.doesNotMatch(JSON.stringify([handle.attributes, handle.status, handle.events]), /secret/);
  });

  it('end with the function that stops them', async () => {
    const to = await serve(() => {}, { host, port: 0 });
    stop();
    const connection = await openConnection(to);
    await connection.close();
    assert.deepEqual(exporter.getFinishedSpans(), []);
  });
});
