import { map } from 'rxjs';
import { type Connection, type ListenOptions, lines, type Server, startServer, writeTo } from 'rxjs-tcp';
import { testCertificate } from './testCertificate.js';

export interface EchoOptions {
  readonly host: string;
  readonly port: number;
  /** The port of the same over TLS. */
  readonly tlsPort: number;
  readonly maxConnections: number;
  /** After how many milliseconds a peer is closed that reads nothing, or that does not finish its line. */
  readonly patience: number;
}

/** Sends back what comes, line by line. */
export const echo = ({ reader, writer }: Connection) =>
  reader.pipe(
    lines(),
    map((line) => `${line}\n`),
    writeTo(writer),
  );

/** Starts the echo, without and with TLS. */
export async function startEcho({ host, port, tlsPort, maxConnections, patience }: EchoOptions): Promise<Server[]> {
  const options = { host, maxConnections, writeIdleTimeout: patience, frameTimeout: patience } satisfies ListenOptions;
  const servers = await Promise.all([
    startServer(echo, { ...options, port }),
    startServer(echo, { ...options, port: tlsPort, tls: testCertificate }),
  ]);
  // They are counted. Without a subscriber they would be warnings of the process, which spoil the dashboard.
  for (const { errors } of servers) errors.subscribe();
  return servers;
}
