import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import type { Connection, Server } from 'rxjs-tcp';
import { Seen, Service } from '../parity/Service.js';
import { RxTcpClient, type RxTcpClientOptions, RxTcpServer, type RxTcpServerOptions } from './index.js';

// Where a service can listen, apart from a port.

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rxjs-tcp-nest-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

async function ask(
  listen: RxTcpServerOptions,
  to: (port: number | undefined) => RxTcpClientOptions,
  look: (client: RxTcpClient) => void = () => {},
): Promise<unknown[]> {
  const metadata = { controllers: [Service], providers: [{ provide: Seen, useValue: new Seen() }] };
  const module = await Test.createTestingModule(metadata).compile();
  const strategy = new RxTcpServer(listen);
  const app = module.createNestMicroservice<MicroserviceOptions>({ strategy, logger: false });
  await app.listen();
  const client = new RxTcpClient(to(strategy.unwrap<Server>().port));
  try {
    const sum = await firstValueFrom(client.send('sum', [1, 2]));
    look(client);
    return [sum, ...(await lastValueFrom(client.send<number>('count', 3).pipe(toArray())))];
  } finally {
    await client.close();
    await app.close();
  }
}

describe.each(['ndjson', 'length-prefixed'] as const)('RxTcpServer and RxTcpClient, %s', (framing) => {
  it('meet at the path of a Unix socket', async () => {
    const path = join(folder, 'math.sock');
    expect(await ask({ path, framing }, () => ({ path, framing }))).toEqual([3, 1, 2, 3]);
  });

  it('speak TLS', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const files = ['-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, ...files], { stdio: 'ignore' });
    const host = '127.0.0.1';
    const server = { host, port: 0, framing, tls: { key: readFileSync(key), cert: readFileSync(cert) } };
    const look = (client: RxTcpClient) =>
      expect(client.unwrap<Connection>().writer.getExtraInfo('cipher')).toEqual(expect.anything());
    expect(await ask(server, (port) => ({ host, port, framing, tls: { ca: readFileSync(cert) } }), look)).toEqual([
      3, 1, 2, 3,
    ]);
  });
});
