// Proves that the PROXY protocol is the one of HAProxy and nginx: our server behind them, and our client in front of them, with
// and without TLS. A missing program is skipped with a message.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Connection,
  type ConnectOptions,
  type ListenOptions,
  openConnection,
  type SendProxyOptions,
  type Server,
  type ServerFailure,
  startServer,
} from 'rxjs-tcp';
import { CERT_FILE, CLIENT_TLS, KEY_FILE, SERVER_TLS } from '../support/certificates';
import { describeWith, freePort, host, startListening } from '../support/realPrograms';
import { hasProgram, type Run } from '../support/run';
import { until } from '../support/until';

jest.setTimeout(30_000);

const client = { address: '192.0.2.1', port: 56_324 };
const client6 = { address: '2001:db8::1', port: 4321 };
const destination = { address: '198.51.100.1', port: 443 };
const destination6 = { address: '2001:db8::2', port: 80 };

let folder: string;
let programs: Run[];
let servers: Server[];
let failures: ServerFailure[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rxjs-tcp-'));
  programs = [];
  servers = [];
  failures = [];
});

afterEach(async () => {
  for (const { stop } of programs) await stop();
  for (const server of servers) {
    server.abortClients();
    await server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

/** An echo server that trusts the proxies of this machine. */
async function serve(accepted: Connection[], options: Partial<ListenOptions> = {}): Promise<number> {
  const server = await startServer(
    async (connection) => {
      accepted.push(connection);
      connection.writer.write(await connection.reader.readAll());
    },
    { host, port: 0, proxyProtocol: { from: [host] }, ...options },
  );
  server.errors.subscribe((failure) => failures.push(failure));
  servers.push(server);
  return server.port as number;
}

/** What is wrong. A check that leaves is not. */
function faults(): ServerFailure[] {
  return failures.filter(({ probe }) => !probe);
}

async function echo(options: ConnectOptions): Promise<Connection> {
  const connection = await openConnection({ host, ...options });
  connection.writer.write('hello');
  connection.writer.writeEof();
  expect(`${await connection.reader.readAll()}`).toBe('hello');
  await connection.close();
  return connection;
}

/** The body of the answer to a request. */
async function get(options: ConnectOptions): Promise<string> {
  const { reader, writer } = await openConnection({ host, ...options });
  writer.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const answer = `${await reader.readAll()}`;
  writer.close();
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

/** The headers that a client sends, and what the program behind them must know of it. */
const HEADERS: [string, SendProxyOptions, string][] = [
  ['version 1, IPv4', { version: 1, source: client, destination }, '192.0.2.1 56324 198.51.100.1 443'],
  ['version 2, IPv4', { source: client, destination }, '192.0.2.1 56324 198.51.100.1 443'],
  ['version 1, IPv6', { version: 1, source: client6, destination: destination6 }, '2001:db8::1 4321 2001:db8::2 80'],
  ['version 2, IPv6', { source: client6, destination: destination6 }, '2001:db8::1 4321 2001:db8::2 80'],
  [
    'version 2 with fields',
    { source: client, destination, tlvs: { authority: 'example.org', uniqueId: Buffer.from('id'), crc32c: true } },
    '192.0.2.1 56324 198.51.100.1 443',
  ],
];

describeWith('haproxy', hasProgram('haproxy', ['-v']))('HAProxy', () => {
  async function haproxy(port: number, config: string): Promise<void> {
    const pem = join(folder, 'both.pem');
    writeFileSync(pem, `${readFileSync(CERT_FILE)}${readFileSync(KEY_FILE)}`);
    const file = join(folder, 'haproxy.cfg');
    const defaults = 'defaults\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n';
    writeFileSync(file, `${defaults}${config.replaceAll('PEM', pem)}\n`);
    programs.push(await startListening(port, 'haproxy', '-db', '-f', file));
  }

  it.each([
    ['send-proxy', 1],
    ['send-proxy-v2', 2],
    ['send-proxy-v2 proxy-v2-options crc32c', 2],
  ])('in front of a server: %s', async (how, version) => {
    const accepted: Connection[] = [];
    const [port, behind] = [await freePort(), await serve(accepted)];
    await haproxy(port, `listen x\n  bind ${host}:${port}\n  server s ${host}:${behind} ${how}`);
    const { localPort } = await echo({ port });
    const connection = accepted.find(({ remotePort }) => remotePort === localPort);
    expect(connection?.proxy).toMatchObject({
      version,
      local: false,
      source: { address: host, port: localPort },
      destination: { address: host, port },
      tlvs: how.endsWith('crc32c') ? { crc32c: true } : {},
    });
    expect(connection?.bytesRead).toBe(5);
    expect(faults()).toEqual([]);
  });

  it('in front of a server: with TLS behind the header', async () => {
    const accepted: Connection[] = [];
    const [port, behind] = [await freePort(), await serve(accepted, { tls: SERVER_TLS })];
    await haproxy(port, `listen x\n  bind ${host}:${port}\n  server s ${host}:${behind} send-proxy-v2 check inter 50`);
    const { localPort } = await echo({ port, tls: CLIENT_TLS });
    expect(accepted.map(({ remotePort }) => remotePort)).toEqual([localPort]);
    // The checks begin no handshake: they leave behind the header, or before the server has looked at them.
    await until('it has checked', () => failures.length > 3);
    expect(faults()).toEqual([]);
  });

  it('in front of a server: with the details of TLS', async () => {
    const accepted: Connection[] = [];
    const [port, behind] = [await freePort(), await serve(accepted)];
    const options = 'send-proxy-v2-ssl-cn proxy-v2-options crc32c,authority,cert-key,cert-sig,ssl-cipher,unique-id';
    await haproxy(
      port,
      `listen x\n  bind ${host}:${port} ssl crt PEM alpn echo ca-file PEM verify optional\n  unique-id-format id-%cp\n  server s ${host}:${behind} ${options}`,
    );
    const { localPort } = await echo({ port, tls: { ...CLIENT_TLS, ...SERVER_TLS, ALPNProtocols: ['echo'] } });
    const connection = accepted.find(({ remotePort }) => remotePort === localPort);
    expect(connection?.proxy?.tlvs).toMatchObject({
      alpn: 'echo',
      authority: 'localhost',
      crc32c: true,
      tls: {
        encrypted: true,
        certificate: 'connection',
        verified: true,
        version: 'TLSv1.3',
        commonName: 'rxjs-tcp specs',
        cipher: expect.stringContaining('TLS_'),
      },
    });
    expect(`${connection?.proxy?.tlvs.uniqueId}`).toBe(`id-${localPort}`);
  });

  it.each([
    ['send-proxy check inter 50', 1],
    ['send-proxy-v2 check inter 50', 2],
    ['check-send-proxy check inter 50', 1],
  ])('in front of a server: its checks are no failures: %s', async (how, version) => {
    const accepted: Connection[] = [];
    const [port, behind] = [await freePort(), await serve(accepted)];
    await haproxy(port, `listen x\n  bind ${host}:${port}\n  server s ${host}:${behind} ${how}`);
    await until('it has checked', () => accepted.length + failures.length > 5);
    // A check that was reset before it was accepted has no header.
    for (const { proxy } of accepted) expect(proxy?.version).toBe(version);
    // All that is accepted is a check, but for the connection with which the spec waits for HAProxy.
    if (version === 2) expect(accepted.filter(({ proxy }) => !proxy?.local).length).toBeLessThan(2);
    expect(faults()).toEqual([]);
  });

  it.each(HEADERS)('behind a client: %s', async (_, proxyProtocol, known) => {
    const port = await freePort();
    const answer =
      'http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port]"';
    await haproxy(port, `listen x\n  mode http\n  bind ${host}:${port} accept-proxy\n  ${answer}`);
    expect(await get({ port, proxyProtocol })).toBe(known);
  });

  it('behind a client: with TLS behind the header', async () => {
    const port = await freePort();
    const answer = 'http-request return status 200 content-type text/plain lf-string "%[src] %[ssl_fc_sni]"';
    await haproxy(port, `listen x\n  mode http\n  bind ${host}:${port} accept-proxy ssl crt PEM\n  ${answer}`);
    for (const version of [1, 2] as const) {
      const proxyProtocol = { version, source: client, destination };
      expect(await get({ port, tls: CLIENT_TLS, proxyProtocol })).toBe('192.0.2.1 localhost');
    }
  });

  it('between a client and a server: passes the client on', async () => {
    const accepted: Connection[] = [];
    const [port, behind] = [await freePort(), await serve(accepted)];
    await haproxy(port, `listen x\n  bind ${host}:${port} accept-proxy\n  server s ${host}:${behind} send-proxy-v2`);
    await echo({ port, proxyProtocol: { source: client, destination } });
    await echo({ port, proxyProtocol: { version: 1, source: client6, destination: destination6 } });
    const known = accepted.filter(({ proxy }) => proxy?.local === false);
    expect(known.map(({ proxy }) => [proxy?.source, proxy?.destination])).toEqual([
      [client, destination],
      [client6, destination6],
    ]);
    expect(known.map(({ remoteAddress }) => remoteAddress)).toEqual(['192.0.2.1', '2001:db8::1']);
  });
});

const nginxStream = ['/usr/lib/nginx/modules/ngx_stream_module.so', '/usr/lib64/nginx/modules/ngx_stream_module.so'];

describeWith('nginx', hasProgram('nginx', ['-v']))('nginx', () => {
  async function nginx(port: number, config: string, head = ''): Promise<void> {
    const file = join(folder, 'nginx.conf');
    const places = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}`;
    writeFileSync(file, `${head}\n${places}\n${config}\n`);
    programs.push(await startListening(port, 'nginx', '-p', folder, '-e', `${folder}/error.log`, '-c', file));
  }

  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path temp_${name};`,
  );
  const http = (listen: string) => `http { access_log off; ${temporary.join(' ')}
    server {
      listen ${listen};
      ssl_certificate ${CERT_FILE}; ssl_certificate_key ${KEY_FILE};
      set_real_ip_from ${host}; real_ip_header proxy_protocol;
      location / { return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port"; }
    } }`;

  it.each(HEADERS)('behind a client: %s', async (_, proxyProtocol, known) => {
    const port = await freePort();
    await nginx(port, http(`${host}:${port} proxy_protocol`));
    expect(await get({ port, proxyProtocol })).toBe(known);
  });

  it('behind a client: with TLS behind the header', async () => {
    const port = await freePort();
    await nginx(port, http(`${host}:${port} ssl proxy_protocol`));
    for (const [, proxyProtocol, known] of HEADERS) {
      expect(await get({ port, tls: CLIENT_TLS, proxyProtocol })).toBe(known);
    }
  });

  const module = nginxStream.find((path) => existsSync(path));
  describeWith('stream module of nginx', module !== undefined)('with its stream module', () => {
    it.each<[string, string, ConnectOptions['tls'], Partial<ListenOptions>]>([
      ['in the clear', '', false, {}],
      ['with TLS that ends at nginx', 'ssl', CLIENT_TLS, {}],
      ['with TLS behind the header', '', CLIENT_TLS, { tls: SERVER_TLS }],
    ])('in front of a server: %s', async (_, ssl, tls, options) => {
      const accepted: Connection[] = [];
      const [port, behind] = [await freePort(), await serve(accepted, options)];
      const certificate = ssl && `ssl_certificate ${CERT_FILE}; ssl_certificate_key ${KEY_FILE};`;
      const stream = `listen ${host}:${port} ${ssl}; ${certificate} proxy_pass ${host}:${behind}; proxy_protocol on;`;
      await nginx(port, `stream { server { ${stream} } }`, `load_module ${module};`);
      const connection = await openConnection({ host, port, tls });
      // nginx hangs up when one side ends, so the client must not end first.
      connection.writer.write('hello');
      await until('it has arrived', () => accepted.some(({ bytesRead }) => bytesRead === 5));
      const { localPort } = connection;
      expect(accepted.find(({ remotePort }) => remotePort === localPort)?.proxy).toMatchObject({
        version: 1,
        source: { address: host, port: localPort },
        destination: { address: host, port },
      });
      await connection.close();
      expect(faults()).toEqual([]);
    });
  });
});
