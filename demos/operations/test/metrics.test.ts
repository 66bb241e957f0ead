import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dialNet } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { NEVER } from 'rxjs';
import { type Connection, concatMapPausing, lines, openConnection, type Server, startServer } from 'rxjs-tcp';
import { startEcho } from '../src/echo.js';
import { type MetricsServer, serveMetrics } from '../src/serveMetrics.js';
import { testCertificate } from '../src/testCertificate.js';
import { until } from './until.js';

const host = '127.0.0.1';
const tls = { ca: testCertificate.cert };
let metrics: MetricsServer;
let servers: Server[] = [];

beforeEach(async () => {
  metrics = await serveMetrics(host, 0, 0);
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close({ timeout: 100 })));
  servers = [];
  await metrics.close();
});

async function echoes(maxConnections = 100): Promise<[Server, Server]> {
  const started = await startEcho({ host, port: 0, tlsPort: 0, maxConnections, patience: 0 });
  servers.push(...started);
  return started as [Server, Server];
}

/** Scrapes as Prometheus does: `name{label="value"}` is a key. Labels are sorted. */
async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(metrics.url);
  assert.match(response.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
  const samples = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line)!;
      return [labels === '' ? name! : `${name}{${labels.split(',').sort().join(',')}}`, Number(value)] as const;
    }),
  );
}

/** The sum over all samples of a metric that have these labels. */
function sum(samples: Map<string, number>, name: string, ...labels: string[]): number {
  const fitting = [...samples].filter(
    ([key]) => key.startsWith(`${name}{`) && labels.every((label) => key.includes(label)),
  );
  return fitting.reduce((total, [, value]) => total + value, 0);
}

describe('/metrics', () => {
  it('adds up: opened is closed and open, and the bytes of both ends agree', async () => {
    const [plain] = await echoes();
    const connections = await Promise.all(
      Array.from({ length: 20 }, () => openConnection({ host, port: plain.port! })),
    );
    for (const [index, { reader, writer }] of connections.entries()) {
      writer.write(`${'x'.repeat(index * 100)}\n`);
      assert.equal((await reader.readLine()).length, index * 100 + 1);
    }
    const bytes = 20 + (100 * 19 * 20) / 2;
    const ends = [
      ...connections.slice(0, 5).map((connection) => connection.close()),
      ...connections.slice(5, 8).map((connection) => endBy(connection, 'reset')),
      ...connections.slice(8, 12).map((connection) => endBy(connection, 'destroy')),
    ];
    await Promise.all(ends);
    await until('the server has closed 12', () => plain.stats().open === 8);

    const samples = await scrape();
    for (const side of ['side="server"', 'side="client"']) {
      assert.equal(sum(samples, 'tcp_connections_opened_total', side), 20);
      assert.equal(sum(samples, 'tcp_connections_closed_total', side), 12);
      assert.equal(sum(samples, 'tcp_connections_open', side), 8);
      assert.equal(samples.get(`tcp_bytes_total{direction="read",${side}}`), bytes);
      assert.equal(samples.get(`tcp_bytes_total{direction="written",${side}}`), bytes);
    }
    assert.equal(sum(samples, 'tcp_connections_closed_total', 'side="server"', 'by="reset"'), 3);
    assert.equal(samples.get('tcp_waiting_bytes{in="reader"}'), 0);
    assert.equal(samples.get('tcp_waiting_bytes{in="writer"}'), 0);
    assert.equal(samples.get('tcp_connect_seconds_count{outcome="done"}'), 20);
    assert.ok(samples.get('nodejs_eventloop_lag_p99_seconds')! >= 0);

    await Promise.all(connections.map((connection) => connection.close()));
    await until('the server has closed all', () => plain.stats().open === 0);
    const last = await scrape();
    assert.equal(sum(last, 'tcp_connections_open'), 0);
    assert.equal(sum(last, 'tcp_connections_closed_total'), 40);
    assert.equal(sum(last, 'tcp_bytes_total'), 4 * bytes);
  });

  it('counts connections that are refused', async () => {
    const [plain] = await echoes(1);
    const first = await openConnection({ host, port: plain.port! });
    const second = await openConnection({ host, port: plain.port! });
    assert.equal((await second.reader.readAll().catch(() => '')).length, 0);
    assert.equal((await scrape()).get('tcp_refused_total{reason="maxConnections"}'), 1);
    await Promise.all([first.close(), second.close()]);
  });

  it('counts handshakes and their failures, probes apart', async () => {
    const [, secure] = await echoes();
    const to = { host, port: secure.port! };
    const connection = await openConnection({ ...to, tls });
    await connection.close();
    await assert.rejects(openConnection({ ...to, tls: true })); // the certificate is nobody's
    const garbage = dialNet(to).on('error', () => {});
    garbage.end('GET / HTTP/1.1\r\n\r\n').resume();
    await once(garbage, 'close');
    const probe = dialNet(to);
    await once(probe, 'connect');
    probe.destroy();
    await until('three have failed', () => secure.stats().failed === 3);

    const samples = await scrape();
    assert.equal(samples.get('tcp_failures_total{probe="false",stage="handshake"}'), 2);
    assert.equal(samples.get('tcp_failures_total{probe="true",stage="handshake"}'), 1);
    const count = (side: string, outcome: string) =>
      samples.get(`tcp_handshake_seconds_count{outcome="${outcome}",side="${side}"}`);
    assert.deepEqual([count('server', 'done'), count('server', 'failed'), count('server', 'probe')], [1, 2, 1]);
    assert.deepEqual([count('client', 'done'), count('client', 'failed')], [1, 1]);
    assert.equal(samples.get('tcp_connect_seconds_count{outcome="failed"}'), 1);
  });

  it('counts held readers by what holds them, and the bytes that wait', async () => {
    const server = await startServer(
      ({ reader }) =>
        reader.pipe(
          lines(),
          concatMapPausing(() => NEVER),
        ),
      { host, port: 0 },
    );
    servers.push(server);
    const client = await openConnection({ host, port: server.port! });
    client.writer.write('one\ntwo\n');
    await until('the server has read', () => server.stats().bytesRead === 8);

    const samples = await scrape();
    assert.equal(samples.get('tcp_slow_connections{by="concatMapPausing"}'), 1);
    assert.equal(samples.get('tcp_slow_connections{by="pressure"}'), 0);
    assert.equal(samples.get('tcp_waiting_bytes{in="reader"}'), 4);
    client.reset();
    await until('it is closed', () => server.stats().open === 0);
    assert.equal((await scrape()).get('tcp_slow_connections{by="concatMapPausing"}'), undefined);
  });

  it('leaves out connections that were open before, and everything after the end', async () => {
    const [plain] = await echoes();
    await metrics.close();
    const early = await openConnection({ host, port: plain.port! });
    await until('it is accepted', () => plain.stats().accepted === 1);
    metrics = await serveMetrics(host, 0);
    await early.close();
    await until('it is closed', () => plain.stats().open === 0);
    const samples = await scrape();
    assert.equal(sum(samples, 'tcp_connections_opened_total'), 0);
    assert.equal(sum(samples, 'tcp_connections_closed_total'), 0);
    assert.equal(sum(samples, 'tcp_bytes_total'), 0);
  });

  it('is the only page', async () => {
    assert.equal((await fetch(metrics.url.replace('/metrics', '/'))).status, 404);
  });
});

function endBy(connection: Connection, how: 'reset' | 'destroy'): Promise<unknown> {
  connection[how]();
  return connection.closed;
}
