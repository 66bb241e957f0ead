import { createHash } from 'node:crypto';
import { type FramesOf, type ServedPage, servePage } from '../../../src/wiretap/ui/servePage';
import { HandTaps } from '../../support/handTaps';
import { pageMessages, pageRequest } from '../../support/pageRequest';

// Proves what the server of the page lets in and gives out. What a browser does with it is in page.spec.ts.

let hand: HandTaps;
let page: ServedPage;

const frames: FramesOf = (events) =>
  events.flatMap(({ seq, kind, data = [] }) => (kind === 'rx' ? [{ seq, text: `frame of ${data.length}` }] : []));

beforeEach(async () => {
  hand = new HandTaps();
  page = await servePage(hand, { frames });
});

afterEach(() => page.close());

const at = (path: string) => `${page.url}${path}`;
const wholePort = () => new URL(page.url).port;

describe('servePage()', () => {
  it('serves one file on the loopback that runs its own script only, and that nothing keeps', async () => {
    expect(page.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
    const { status, headers, body } = await pageRequest(page.url);
    expect(status).toBe(200);
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(body)!;
    const policy = headers['content-security-policy'];
    const hash = createHash('sha256').update(script!).digest('base64');
    expect(policy).toContain(`default-src 'none'; script-src 'sha256-${hash}'; style-src 'sha256-`);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
    expect(body).not.toContain('src=');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  it('has another token each time', async () => {
    const other = await servePage(hand);
    expect(new URL(other.url).pathname).not.toBe(new URL(page.url).pathname);
    await other.close();
  });

  it.each(['', 'stream', 'events/1', 'test/1', 'find?text=secret'])(
    'gives /%s to nobody without the token',
    async (path) => {
      hand.open(1).add('rx', 5, 'secret');
      const { origin, pathname } = new URL(page.url);
      const token = pathname.slice(1, -1);
      for (const wrong of ['', `${token.slice(0, -1)}/`, `${token}x/`, `${'A'.repeat(token.length)}/`, `x/${token}/`]) {
        const { status, body, headers } = await pageRequest(`${origin}/${wrong}${path}`);
        expect([wrong, status]).toEqual([wrong, 403]);
        expect(body).not.toContain('secret');
        expect(headers['cache-control']).toBe('no-store');
      }
    },
  );

  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example', '[::1'])(
    'refuses the host "%s": a name may be bound to this address by anyone',
    async (host) => expect((await pageRequest(at('events/1'), { host })).status).toBe(421),
  );

  it.each(['localhost:80', '127.0.0.1', '[::1]:9000', '192.168.0.7:9000'])('serves the host "%s"', async (host) => {
    expect((await pageRequest(page.url, { host })).status).toBe(200);
  });

  it('refuses requests of other sites, and serves its own', async () => {
    hand.open(1);
    const host = `127.0.0.1:${wholePort()}`;
    const status = async (headers: Record<string, string>) => (await pageRequest(at('events/1'), headers)).status;
    expect(await status({ origin: 'http://evil.example' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    expect(await status({ origin: `https://${host}` })).toBe(403);
    expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await status({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await status({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).toBe(200);
    // A link to the page may be anywhere: the page by itself shows nothing.
    expect((await pageRequest(page.url, { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    expect((await pageRequest(page.url, {}, method)).status).toBe(405);
  });

  it('streams what there was and what comes, and goes on where a page was', async () => {
    const connection = hand.open(3, 1_000);
    connection.add('rx', 5, 'PING\r\n');
    const first = await pageMessages(at('stream'), ({ news }) => news.length > 0);
    expect(first.at(-1)!.news).toEqual([
      {
        id: 3,
        about: { client: '127.0.0.1:50003', target: '127.0.0.1:6379', openedAt: 1_000, side: 'client' },
        marks: [
          [0, 0, 0, 0],
          [1, 5, 1, 6, 'frame of 6'],
        ],
      },
    ]);
    connection.add('tx', 9, 'PONG\r\n');
    const second = await pageMessages(at('stream?since=3.2,9.7'), ({ news }) => news.length > 0);
    expect(second.at(-1)).toMatchObject({ gone: [9], news: [{ id: 3, marks: [[2, 9, 2, 6, 'PONG↵']] }] });
  });

  it('streams to as many pages as it should', async () => {
    await page.close();
    page = await servePage(hand, { maxPages: 1 });
    const refused = pageMessages(at('stream'), () => {
      // The first page is open: now the second one asks.
      second ??= pageRequest(at('stream'));
      return false;
    });
    let second: ReturnType<typeof pageRequest> | undefined;
    refused.catch(() => {});
    while (second === undefined) await new Promise(setImmediate);
    expect(await second).toMatchObject({ status: 503, body: 'Cannot serve one more page: 1 are open\n' });
  });

  it('gives the bytes of a marble, with its frames', async () => {
    const connection = hand.open(1);
    connection.add('rx', 5, 'a\u2028b');
    connection.add('tx', 9, '<script>');
    connection.add('fin-in', 10);
    const { body, headers } = await pageRequest(at('events/1?from=1&to=2'));
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(body)).toEqual([
      { seq: 1, time: 5, kind: 'rx', bytes: 5, data: 'YeKAqGI=', frames: ['frame of 5'] },
      { seq: 2, time: 9, kind: 'tx', bytes: 8, data: Buffer.from('<script>').toString('base64') },
    ]);
    expect(JSON.parse((await pageRequest(at('events/1?from=3'))).body)).toEqual([{ seq: 3, time: 10, kind: 'fin-in' }]);
  });

  it('bounds a reply, whatever a page asks for', async () => {
    const connection = hand.open(1);
    for (let i = 0; i < 3_000; i += 1) connection.add('tx', i, 'x');
    expect(JSON.parse((await pageRequest(at('events/1'))).body)).toHaveLength(1_000);
    const large = hand.open(2);
    for (let i = 0; i < 100; i += 1) large.add('tx', i, 'x'.repeat(100_000));
    expect(JSON.parse((await pageRequest(at('events/2'))).body)).toHaveLength(12);
  });

  it('gives a test of a stretch, or says why there is none', async () => {
    const connection = hand.open(1);
    expect((await pageRequest(at('test/1?as=script&from=2&to=7'))).body).toBe('a test as script\n');
    await pageRequest(at('test/1'));
    expect(connection.tests).toEqual([
      ['script', { from: 2, to: 7 }],
      ['marbles', { from: 0, to: Number.MAX_SAFE_INTEGER }],
    ]);
    connection.tap.toTest = () => {
      throw new Error('Cannot print this');
    };
    expect(await pageRequest(at('test/1'))).toMatchObject({ status: 422, body: 'Cannot print this\n' });
  });

  it.each([
    ['events/2', 404],
    ['events/', 404],
    ['events/1e3', 404],
    ['nothing', 404],
    ['events/1?from=x', 400],
    ['events/1?to=1.5', 400],
    ['test/1?as=poem', 400],
  ])('answers /%s with %i', async (path, status) => {
    hand.open(1);
    const { pathname, origin } = new URL(page.url);
    expect((await pageRequest(`${origin}${pathname}${path}`)).status).toBe(status);
  });

  it('finds a text in the bytes of all connections', async () => {
    hand.open(1).add('rx', 5, 'Hello World');
    hand.open(2).add('tx', 5, 'hello');
    hand.open(3).add('tx', 5, 'goodbye');
    expect(JSON.parse((await pageRequest(at('find?text=HELLO'))).body)).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('rejects if the port is in use', async () => {
    await expect(servePage(hand, { port: Number(wholePort()) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
