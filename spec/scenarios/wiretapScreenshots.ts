import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import type { Server } from 'rxjs-tcp';
import { type ServedPage, servePage } from '../../src/wiretap/ui/servePage';
import { startBrowser } from '../support/browser';
import { freePort, startListening } from '../support/realPrograms';
import { redisFrames } from '../support/redisFrames';
import type { Run } from '../support/run';
import { smallPng } from '../support/smallPng';
import { tappedForwarder } from '../support/tappedForwarder';

// Takes the pictures in docs/wiretap: `npm run screenshots`. It is no spec: the conversation takes its time.

jest.setTimeout(120_000);

const host = '127.0.0.1';
const folder = resolve(__dirname, '../../docs/wiretap');
const data = mkdtempSync(join(tmpdir(), 'rxjs-tcp-pictures-'));
const clients: Socket[] = [];

let browser: Browser;
let program: Run;
let server: Server;
let served: ServedPage;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  program = await startListening(
    port,
    'redis-server',
    '--port',
    `${port}`,
    '--bind',
    host,
    '--save',
    '',
    '--dir',
    data,
  );
  const tapped = await tappedForwarder(port);
  server = tapped.server;
  served = await servePage(tapped.taps, { frames: redisFrames });
  // Grey letters make small files.
  browser = await startBrowser('--disable-lcd-text');
  await Promise.all(Array.from({ length: 10 }, (_, i) => converse(server.port!, i + 1)));
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await browser?.close();
  await served?.close();
  await server?.close({ timeout: 0 });
  await program?.stop();
  rmSync(data, { recursive: true, force: true });
});

const times = (count: number, key: string) => Array.from({ length: count }, () => key);

/** The keys that lead to what the picture shows. */
const PICTURES: readonly (readonly [
  name: string,
  theme: 'dark' | 'light',
  width: number,
  height: number,
  keys: string[],
])[] = [
  ['page', 'light', 1160, 640, ['f', ...times(3, '+'), ...times(4, 'ArrowDown'), 'Home', ...times(9, 'ArrowRight')]],
  ['page-dark', 'dark', 1160, 640, ['f', ...times(3, 'ArrowDown'), 'w']],
  ['page-narrow', 'light', 400, 700, ['f', '+', 'ArrowDown', 'ArrowDown', 'Home', ...times(5, 'ArrowRight')]],
];

test.each(PICTURES)('%s', async (name, colorScheme, width, height, keys) => {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(served.url);
  await press(page, keys);
  const path = join(folder, `${name}.png`);
  await page.mouse.move(width - 2, height - 2);
  writeFileSync(path, smallPng(await page.screenshot()));
  await page.close();
  expect(statSync(path).size).toBeLessThan(120_000);
});

async function press(page: Page, keys: readonly string[]): Promise<void> {
  await page.waitForSelector('canvas');
  await wait(2_000);
  for (const key of keys) {
    await page.keyboard.press(key);
    await wait(150);
  }
  await wait(1_500);
}

/** One of ten clients: the third reads slowly, the fifth breaks, the seventh is in a hurry, the odd ones end. */
async function converse(port: number, id: number): Promise<void> {
  const socket = connect(port, host);
  clients.push(socket);
  socket.on('error', () => {}).resume();
  await wait(20 + id * 35);
  const commands = [
    ['PING'],
    ['SET', `user:${id}`, 'Ada'],
    ['GET', `user:${id}`],
    ['INCR', 'visits'],
    ['LPUSH', 'jobs', 'mail'],
    ['LLEN', 'jobs'],
    ['SET', 'page', '<h1>'],
    ['GET', 'page'],
  ];
  for (let i = 0; i < 12; i += 1) {
    socket.write(encoded(commands[(i * 3 + id) % commands.length]!));
    await wait(60 + ((i * 7 + id * 13) % 11) * 22);
  }
  if (id === 3) {
    socket.write(encoded(['SET', 'large', 'x'.repeat(8_000_000)]));
    await wait(250);
    socket.pause();
    socket.write(encoded(['GET', 'large']));
    await wait(500);
    socket.resume();
    await wait(200);
  }
  if (id === 7) {
    const pings = encoded(['PING']);
    for (let i = 0; i < 120; i += 1) socket.write(pings.repeat(1 + (i % 3))) && (await wait(4));
  }
  if (id === 5) socket.resetAndDestroy();
  else if (id % 2 === 1) socket.end();
}

function encoded(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
