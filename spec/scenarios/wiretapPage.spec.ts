import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Server } from 'rxjs-tcp';
import type { Taps } from '../../src/wiretap/Taps';
import { type FramesOf, type ServedPage, servePage } from '../../src/wiretap/ui/servePage';
import { hasBrowser, startBrowser } from '../support/browser';
import { HandTaps } from '../support/handTaps';
import { describeWith, freePort, startListening } from '../support/realPrograms';
import { hasProgram, type Run } from '../support/run';
import { tappedForwarder } from '../support/tappedForwarder';

// Proves that the page of the wiretap works in a real browser: marbles of a real redis-server, their bytes, tests of stretches,
// hostile bytes, many connections. The drawings are on a canvas, so the specs read what the page counts: `data-` of <html>.

// A browser on a busy machine.
jest.setTimeout(60_000);

const host = '127.0.0.1';
const root = resolve(__dirname, '../..');

let browser: Browser;
let served: ServedPage;
let page: Page;
let errors: string[];

beforeAll(async () => {
  if (hasBrowser()) browser = await startBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  await page?.context().close();
  await served?.close();
});

async function open(taps: Taps, frames?: FramesOf): Promise<void> {
  served = await servePage(taps, frames && { frames });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  page = await context.newPage();
  errors = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(served.url);
}

/** Waits until the page counts at least so many. */
const counts = (what: 'rows' | 'events' | 'frames' | 'drawn', least: number) =>
  page.waitForFunction(([name, count]) => Number(document.documentElement.dataset[name]) >= count, [
    what,
    least,
  ] as const);

/** Waits until an element shows a text: the page draws what has changed with its next frame. */
const shows = (selector: string, text: string) =>
  page.waitForFunction(
    ([query, part]) => document.querySelector(query)?.textContent?.includes(part) === true,
    [selector, text] as const,
    { timeout: 10_000 },
  );

describeWith('chromium', hasBrowser())('the page of the wiretap', () => {
  it('shows hostile bytes and obeys none', async () => {
    const hand = new HandTaps();
    const connection = hand.open(1);
    const hostile = `<script>document.title='x'</script><img src=x onerror="document.title='x'">\u2028\u202e\x1b[2J</pre>`;
    connection.add('tx', 100, hostile);
    const frames: FramesOf = (events) =>
      events.flatMap(({ seq, kind }) => (kind === 'tx' ? [{ seq, text: hostile }] : []));
    await open(hand, frames);
    await counts('events', 2);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await page.waitForSelector('pre.hex');
    const shown = `<script>document.title='x'</script><img src=x onerror="document.title='x'">⟨U+2028⟩⟨U+202E⟩⟨U+001B⟩[2J</pre>`;
    expect(await page.textContent('pre.text')).toBe(shown);
    expect(await page.textContent('pre.frame')).toBe(shown);
    await page.keyboard.press('e');
    await shows('.events', '<script>');
    await page.keyboard.press('w');
    await shows('.fall', '<script>');
    expect(await page.title()).toBe('Wiretap');
    expect(await page.$$('#page script, #page img')).toEqual([]);
    // And if the page made a mistake, the browser would not let it.
    const obeyed = await page.evaluate(() => {
      try {
        document.body.innerHTML = '<b>';
        return true;
      } catch {
        return false;
      }
    });
    expect(obeyed).toBe(false);
  });

  it('draws 1,000 connections, counts its frames, and scrolls through them', async () => {
    const hand = new HandTaps();
    for (let id = 1; id <= 1_000; id += 1) hand.open(id);
    let time = 0;
    const timer = setInterval(() => {
      time += 50_000;
      for (const connection of hand.connections.values())
        connection.add(time % 100_000 ? 'tx' : 'rx', time, `line ${time}\r\n`);
    }, 50);
    try {
      await open(hand);
      await counts('rows', 1_000);
      await counts('frames', 30);
      await counts('drawn', 10);
      await shows('.foot', '1000 connections, 1000 open');
      // All rows come into sight, one screen after another.
      await page.keyboard.press('c');
      for (let i = 0; i < 1_000; i += 25) await page.mouse.move(60, 400).then(() => page.mouse.wheel(0, 650));
      await page.mouse.click(60, 740);
      await page.waitForFunction(() => /^#(99\d|1000) /.test(document.querySelector('.details h2')?.textContent ?? ''));
      await page.fill('#filter', '#77 -reset');
      await page.waitForFunction(() => document.querySelector('.foot')?.textContent?.startsWith('1 of 1000'));
      expect(errors).toEqual([]);
    } finally {
      clearInterval(timer);
    }
  });

  it('goes on where it was after a reload', async () => {
    const hand = new HandTaps();
    const connection = hand.open(1);
    for (let i = 1; i < 50; i += 1) connection.add('tx', i * 1_000, `command ${i}`);
    await open(hand);
    await counts('events', 50);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('z');
    await page.fill('#search', 'command 7');
    await shows('.foot', ' ms in sight');
    const before = await page.textContent('.foot');
    await page.waitForFunction(() => sessionStorage.getItem('wiretap.view')?.includes('"search":"command 7"'));
    connection.add('rx', 60_000, 'news');
    await page.reload();
    await counts('events', 51);
    await page.waitForSelector('.details');
    expect(await page.inputValue('#search')).toBe('command 7');
    const span = (text: string | null) => /[\d.]+ ms in sight/.exec(text ?? '')?.[0];
    expect(span(await page.textContent('.foot'))).toBe(span(before));
  });

  it('finds bytes, freezes, and has a theme, with keys alone', async () => {
    const hand = new HandTaps();
    const connection = hand.open(1);
    connection.add('tx', 10, `${'.'.repeat(100)}needle`);
    await open(hand);
    await counts('events', 2);
    await page.keyboard.press('/');
    await page.keyboard.type('NEEDLE');
    // What was found comes from the server: the marble shows only its first bytes.
    await page.waitForResponse(/find/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('pre.text');
    await shows('pre.text', 'needle');
    await page.keyboard.press('Escape');
    await shows('#follow', 'Frozen');
    await page.keyboard.press(' ');
    await shows('#follow', 'Live');
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    const before = await theme();
    await page.keyboard.press('d');
    expect(await theme()).toBe(before === 'dark' ? 'light' : 'dark');
    await page.keyboard.press('?');
    await shows('dialog', 'follow the present, or freeze');
    expect(errors).toEqual([]);
  });
});

const redis = hasBrowser() && hasProgram('redis-server', ['--version'], 'v=');

describeWith('chromium with redis-server', redis)('the page before a redis-server', () => {
  let program: Run;
  let server: Server;
  let taps: Taps;
  let folder: string;
  const clients: Socket[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rxjs-tcp-page-'));
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
      folder,
    );
    ({ server, taps } = await tappedForwarder(port));
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await server?.close({ timeout: 0 });
    await program?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows 10 connections; a marble is opened, and a stretch is copied as a test that passes', async () => {
    for (let id = 1; id <= 10; id += 1) clients.push(await redisClient(server.port!, id));
    await open(taps);
    await counts('rows', 10);
    // Each: open, and three commands that were written, sent and answered.
    await counts('events', 10 * 7);

    await page.fill('#filter', '#4');
    await page.keyboard.press('Escape');
    await page.keyboard.press('ArrowDown');
    await shows('.details h2', taps.connections.get(4)!.client);
    await page.keyboard.press('Home');
    for (let i = 0; i < 3; i += 1) await page.keyboard.press('ArrowRight');
    await page.waitForSelector('pre.text');
    await shows('.marble b', '→ from the client');
    await shows('pre.text', 'SET user:4 Ada↵');

    // From the second command to the answer of the third.
    await page.keyboard.press('[');
    await page.keyboard.press('End');
    await page.keyboard.press(']');
    await shows('.copy .what', 'A stretch of');
    for (const [button, as] of [
      ['#copy', 'runMarbles'],
      ['#copy-script', 'scriptedPeer'],
    ] as const) {
      await page.click(button);
      await shows('.copy .what', 'Copied');
      const test = await page.evaluate(() => navigator.clipboard.readText());
      expect(test).toContain(as);
      expect(test).toContain('SET user:4 Ada');
      expect(test).not.toContain('PING');
      expect(passes(test)).toBe('');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowRight');
    }
    expect(errors).toEqual([]);
  });
});

/** A client that has asked for three things, one after the other. */
async function redisClient(port: number, id: number): Promise<Socket> {
  const socket = connect(port, host);
  for (const command of ['PING', `SET user:${id} Ada`, `GET user:${id}`]) {
    socket.write(`${command}\r\n`);
    await new Promise((answered) => socket.once('data', answered));
  }
  return socket;
}

/** Runs a copied test as a project of a user does. Returns what went wrong. */
function passes(test: string): string {
  const folder = join(root, 'build/copied');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'copied.test.js');
  const body = test.replace(/^import \{ (.*) \} from '(.*)';$/m, "const { $1 } = require('$2');");
  const jest = 'const { test, expect } = require("@jest/globals");\n';
  writeFileSync(file, `${jest}${body}`);
  const config = JSON.stringify({ rootDir: folder, testMatch: ['**/copied.test.js'], transform: {} });
  const { status, stderr } = spawnSync(process.execPath, [require.resolve('jest/bin/jest'), '--config', config], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${stderr}\n${test}`;
}

// Of the browser: the functions that the specs run in the page.
declare const document: {
  readonly documentElement: { readonly dataset: Record<string, string | undefined> };
  readonly body: { innerHTML: string };
  querySelector(selector: string): { readonly textContent: string } | null;
};
declare const sessionStorage: { getItem(name: string): string | null };
declare const navigator: { readonly clipboard: { readText(): Promise<string> } };
