import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { measureConnections } from './metrics.js';

/** Where Prometheus scrapes. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the metrics of this process at `/metrics`.
 *
 * @param slow - As of `measureConnections`.
 */
export async function serveMetrics(host: string, port: number, slow?: number): Promise<MetricsServer> {
  const register = new Registry();
  const stop = measureConnections(register, slow);
  const server = createServer(async ({ url }, response) => {
    if (url !== '/metrics') response.writeHead(404).end();
    else response.setHeader('content-type', register.contentType).end(await register.metrics());
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/metrics`,
    async close() {
      stop();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
