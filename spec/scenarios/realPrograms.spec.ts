// Proves that real programs understand the protocol demos: `redis-server`, an SMTP server in Python, mosquitto, nginx and
// node:http. PostgreSQL has a spec of its own. A missing program is skipped with a message.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConnection } from 'rxjs-tcp';
import { get } from '../../demos/httpClient';
import { main as mqttMain, mqttOver, type Packet } from '../../demos/mqttClient';
import { type Push, main as redisMain, redisOver } from '../../demos/redisClient';
import { MESSAGE, sendMail, main as smtpMain } from '../../demos/smtpClient';
import { printsItsHeader } from '../demos/describeDemo';
import { CERT_FILE, CLIENT_TLS, KEY_FILE } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { describeWith, freePort, host, startListening } from '../support/realPrograms';
import { hasProgram, type Run } from '../support/run';
import { until } from '../support/until';

jest.setTimeout(30_000);

const runs: Run[] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rxjs-tcp-'));
});

afterAll(async () => {
  for (const { stop } of runs) await stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(port: number, program: string, ...args: string[]): Promise<Run> {
  const started = await startListening(port, program, ...args);
  runs.push(started);
  return started;
}

// From version 7 on it can return each type of reply.
const redis = ['v=7', 'v=8'].some((version) => hasProgram('redis-server', ['--version'], version));

describeWith('redis-server 7 or 8', redis)('redis-server', () => {
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const options = [
      '--bind',
      host,
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
      '--enable-debug-command',
      'yes',
    ];
    await start(port, 'redis-server', '--port', `${port}`, ...options);
  });

  it('answers the demo in the same way as the server in the demo', async () => {
    await printsItsHeader('redisClient', redisMain, `${port}`);
  });

  it('stores and returns values of any bytes and size, pipelined', async () => {
    const redis = redisOver(await openConnection({ host, port }));
    const large = 'ü\r\n$5\r\n'.repeat(500_000);
    expect(await Promise.all([redis.request(['SET', 'large', large]), redis.request(['GET', 'large'])])).toEqual([
      'OK',
      large,
    ]);
    const ids = Array.from({ length: 5000 }, (_, i) => `${i}`);
    await Promise.all(ids.map((id) => redis.request(['SET', `id:${id}`, `value\n${id}`])));
    expect(await Promise.all(ids.map((id) => redis.request(['GET', `id:${id}`])))).toEqual(
      ids.map((id) => `value\n${id}`),
    );
    await redis.close();
  });

  it('answers 100,000 pipelined commands, each with its own reply, with pushes of RESP3 in between', async () => {
    const redis = redisOver(await openConnection({ host, port }));
    expect(await redis.request(['HELLO', '3'])).toMatchObject({ proto: 3 });
    const pushed: string[] = [];
    redis.unsolicited$.subscribe((push) => pushed.push((push as Push).items.join(' ')));
    await redis.send(['SUBSCRIBE', 'news']);
    const commands = 100_000;
    let wrong = 0;
    const ask = async (i: number) => {
      // One in a hundred is answered by its reply and by a push.
      const [words, right] = i % 100 === 0 ? [['PUBLISH', 'news', `${i}`], 1] : [['ECHO', `${i}`], `${i}`];
      if ((await redis.request(words)) !== right) wrong++;
    };
    let next = 0;
    const worker = async () => {
      while (next < commands) await ask(next++);
    };
    await Promise.all(Array.from({ length: 2000 }, worker));
    expect(wrong).toBe(0);
    expect(pushed).toEqual([
      'subscribe news 1',
      ...Array.from({ length: commands / 100 }, (_, i) => `message news ${100 * i}`),
    ]);
    expect(redis.late).toBe(0);
    await redis.close();
  });

  it('replies with every type of RESP2 and RESP3 that it supports', async () => {
    const types = 'string integer double null array set map attrib bignum true false verbatim'.split(' ');
    const redis = redisOver(await openConnection({ host, port }));
    const all = () => Promise.all(types.map((type) => redis.request(['DEBUG', 'PROTOCOL', type])));
    const text = 'This is a verbatim\nstring';
    const attributed = 'Some real reply following the attribute';
    const big = 1234567999999999999999999999999999999n;
    const both = ['Hello World', 12345];
    expect(await all()).toEqual([
      ...both,
      '3.141',
      null,
      [0, 1, 2],
      [0, 1, 2],
      [0, 0, 1, 1, 2, 0],
      attributed,
      `${big}`,
      1,
      0,
      text,
    ]);
    await redis.request(['HELLO', '3']);
    expect(await all()).toEqual([
      ...both,
      Number('3.141'),
      null,
      [0, 1, 2],
      [0, 1, 2],
      { 0: false, 1: true, 2: false },
      attributed,
      big,
      true,
      false,
      text,
    ]);
    await redis.close();
  });
});

/** The commands that start an SMTP server which prints what it receives; a machine may have one of them. */
const smtpServers: [program: string, module: string, args: (port: number) => string[]][] = [
  [
    '/usr/bin/python3',
    'aiosmtpd',
    (port) => ['-m', 'aiosmtpd', '-n', '-l', `${host}:${port}`, '-c', 'aiosmtpd.handlers.Debugging', 'stdout'],
  ],
  ['python3', 'smtpd', (port) => ['-W', 'ignore', '-m', 'smtpd', '-n', '-c', 'DebuggingServer', `${host}:${port}`]],
];
const smtpServer = smtpServers.find(([program, module]) =>
  hasProgram(program, ['-W', 'ignore', '-c', `import ${module}; print('there')`], 'there'),
);

/** The old module prints bytes as Python writes them: with numbers for those that are not ASCII. */
function asPythonWrites(text: string): string {
  return text.replace(/[^ -~]/g, (char) =>
    Buffer.from(char).reduce((all, byte) => `${all}\\x${byte.toString(16)}`, ''),
  );
}

describeWith('SMTP server in Python (aiosmtpd, or smtpd)', smtpServer !== undefined)('an SMTP server in Python', () => {
  it('receives a mail, with dots and umlauts', async () => {
    const [program, , args] = smtpServer as (typeof smtpServers)[number];
    const port = await freePort();
    const server = await start(port, program, '-u', ...args(port));
    const said: string[] = [];
    server.child.stdout.on('data', (chunk) => said.push(`${chunk}`));
    const printed: string[] = [];
    await smtpMain((line) => printed.push(line), `${port}`);
    expect(printed.filter((line) => line.startsWith('S: ')).map((line) => line.slice(3, 6))).toEqual([
      '220',
      '250',
      '250',
      '250',
      '354',
      '250',
      '221',
    ]);
    const connection = await openConnection({ host, port });
    const lines = ['Subject: many', '', ...Array.from({ length: 20_000 }, (_, i) => `${'.'.repeat(i % 4)}line ${i}`)];
    await sendMail(connection, { from: 'a@b.example', to: 'c@d.example' }, lines);
    await until('it has printed all', () => said.join('').includes('line 19999'));
    const text = said.join('');
    const body = MESSAGE.slice(2);
    const asBytes = body.map((line) => `b'${asPythonWrites(line)}'`);
    expect([body, asBytes].filter((lines) => text.includes(`\n${lines.join('\n')}\n`))).toHaveLength(1);
    expect(text).toContain('...line 19999');
    expect(text.match(/line \d+/g)).toHaveLength(20_000);
  });
});

// With the older module there is no STARTTLS.
const encrypts = smtpServer?.[1] === 'aiosmtpd';

describeWith('SMTP server with STARTTLS (aiosmtpd)', encrypts)('an SMTP server with STARTTLS', () => {
  it('receives a mail only once it is encrypted', async () => {
    const [program, , args] = smtpServer as (typeof smtpServers)[number];
    const port = await freePort();
    const server = await start(port, program, '-u', ...args(port), '--tlscert', CERT_FILE, '--tlskey', KEY_FILE);
    const said: string[] = [];
    server.child.stdout.on('data', (chunk) => said.push(`${chunk}`));
    const envelope = { from: 'a@b.example', to: 'c@d.example' };
    const refused = sendMail(await openConnection({ host, port }), envelope, ['in the clear']);
    expect(`${await failureOf(refused)}`).toContain('the server says 530');
    const connection = await openConnection({ host, port });
    const lines = ['Subject: many', '', ...Array.from({ length: 5000 }, (_, i) => `${'.'.repeat(i % 4)}line ${i}`)];
    await sendMail(connection, { ...envelope, tls: CLIENT_TLS }, lines);
    expect(connection.writer.getExtraInfo('cipher')).toBeDefined();
    await until('it has printed all', () => said.join('').includes('line 4999'));
    expect(said.join('').match(/line \d+/g)).toHaveLength(5000);
    expect(said.join('')).not.toContain('in the clear');
  });
});

// Its package has it where only root looks for programs.
const mosquitto = ['mosquitto', '/usr/sbin/mosquitto'].find((program) => hasProgram(program, ['-h'], 'mosquitto'));

describeWith('mosquitto', mosquitto !== undefined)('mosquitto', () => {
  it('answers the demo in the same way as the broker in the demo', async () => {
    const port = await freePort();
    await start(port, mosquitto as string, '-p', `${port}`);
    await printsItsHeader('mqttClient', mqttMain, `${port}`);
  });

  it('delivers 10,000 messages between the answers to pings', async () => {
    const port = await freePort();
    await start(port, mosquitto as string, '-p', `${port}`);
    const client = mqttOver(await openConnection({ host, port }));
    expect(await client.request({ type: 'connect', client: 'spec', keepAlive: 60 })).toEqual({
      type: 'connack',
      code: 0,
    });
    await client.request({ type: 'subscribe', id: 1, topics: ['numbers'] });
    const messages = 10_000;
    const numbers: number[] = [];
    client.unsolicited$.subscribe((packet) => packet.type === 'publish' && numbers.push(Number(packet.payload)));
    const pings: Promise<Packet>[] = [];
    for (let i = 0; i < messages; i++) {
      await client.send({ type: 'publish', topic: 'numbers', payload: `${i}` });
      if (i % 100 === 0) pings.push(client.request({ type: 'pingreq' }));
    }
    expect(new Set((await Promise.all(pings)).map(({ type }) => type))).toEqual(new Set(['pingresp']));
    await until('all have come back', () => numbers.length === messages);
    expect(numbers).toEqual(Array.from({ length: messages }, (_, i) => i));
    await client.send({ type: 'disconnect' });
    await client.close();
  });
});

describeWith('nginx', hasProgram('nginx', ['-v'], 'nginx'))('nginx', () => {
  it('serves files with a length and in chunks, on one connection', async () => {
    const port = await freePort();
    const root = join(folder, 'root');
    mkdirSync(root);
    writeFileSync(join(root, 'plain.txt'), 'plain\n'.repeat(100_000));
    // A body that is assembled on the way has no length, and comes in chunks.
    writeFileSync(
      join(root, 'page.shtml'),
      `<!--#set var="who" value="you" -->hello, <!--#echo var="who" -->\n${'x'.repeat(300_000)}`,
    );
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; user root; pid ${folder}/nginx.pid; error_log ${folder}/error.log; events {}
      http { access_log off; ${temporary.join(' ')} server { listen ${host}:${port}; root ${root};
        location ~ shtml$ { ssi on; ssi_types *; } } }`,
    );
    await start(port, 'nginx', '-p', folder, '-e', `${folder}/error.log`, '-c', join(folder, 'nginx.conf'));
    const connection = await openConnection({ host, port });
    for (let i = 0; i < 3; i++) {
      const plain = await get(connection, '/plain.txt', host);
      expect([plain.status, plain.headers.get('content-length')]).toEqual([200, '600000']);
      expect(`${Buffer.concat(plain.chunks)}`).toBe('plain\n'.repeat(100_000));
      const page = await get(connection, '/page.shtml', host);
      expect([page.status, page.headers.get('transfer-encoding')]).toEqual([200, 'chunked']);
      expect(`${Buffer.concat(page.chunks)}`).toBe(`hello, you\n${'x'.repeat(300_000)}`);
      expect(await get(connection, '/nothing', host)).toMatchObject({ status: 404 });
    }
    connection.destroy();
  });
});

describe('node:http', () => {
  it('serves a chunked body with trailers, and a body that ends with the connection', async () => {
    const server = createHttpServer((request, response) => {
      if (request.url === '/close') {
        response.useChunkedEncodingByDefault = false;
        response.writeHead(200, { connection: 'close' }).end('bye');
        return;
      }
      response.writeHead(200, { trailer: 'X-Sum' });
      for (let i = 0; i < 1000; i++) response.write(`chunk ${i}\n`);
      response.addTrailers({ 'X-Sum': '42' });
      response.end();
    }).listen(0, host);
    await new Promise((resolve) => server.once('listening', resolve));
    const connection = await openConnection({ host, port: (server.address() as AddressInfo).port });
    for (let i = 0; i < 3; i++) {
      const { status, headers, chunks } = await get(connection, '/chunks', host);
      expect([status, headers.get('transfer-encoding')]).toEqual([200, 'chunked']);
      expect(`${Buffer.concat(chunks)}`.split('\n')).toHaveLength(1001);
    }
    const last = await get(connection, '/close', host);
    expect(`${Buffer.concat(last.chunks)}`).toBe('bye');
    connection.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
