import { Writable } from 'node:stream';
import { PageFeed } from '../../../src/wiretap/ui/PageFeed';
import type { PageMessage } from '../../../src/wiretap/ui/PageMessage';
import { WIRE_EVENT_KINDS } from '../../../src/wiretap/WIRE_EVENT_KINDS';
import { HandTaps } from '../../support/handTaps';

// Proves that a page gets all news in bounded messages, and that one that does not read costs one of them.

const GAP = WIRE_EVENT_KINDS.indexOf('gap');

/** What a page has got. While it does not read, its stream takes nothing more. */
class Page extends Writable {
  readonly messages: PageMessage[] = [];
  reads = true;
  private goOn: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 16 * 1024, decodeStrings: false, defaultEncoding: 'utf8' });
  }

  override _write(text: string, _encoding: BufferEncoding, done: () => void): void {
    this.messages.push(JSON.parse(text.slice('data: '.length)));
    if (this.reads) done();
    else this.goOn = done;
  }

  read(): void {
    this.reads = true;
    this.goOn?.();
  }

  seqs(id: number): number[] {
    return this.messages.flatMap(({ news }) =>
      news.filter((one) => one.id === id).flatMap(({ marks }) => marks.map(([seq]) => seq)),
    );
  }
}

let page: Page;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  page = new Page();
});
afterEach(() => {
  page.destroy();
  jest.useRealTimers();
});

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('PageFeed', () => {
  it('sends at most 20 messages a second, each event once', async () => {
    const hand = new HandTaps();
    const connection = hand.open(1);
    new PageFeed(hand, page, new Map());
    for (let i = 1; i <= 100; i += 1) {
      connection.add('tx', i * 10_000, 'x');
      await jest.advanceTimersByTimeAsync(10);
    }
    expect(page.messages).toHaveLength(21);
    expect(page.seqs(1)).toEqual(Array.from({ length: 101 }, (_, i) => i));
    expect(page.messages.flatMap(({ news }) => news).filter(({ about }) => about !== undefined)).toHaveLength(1);
  });

  it('sends a page that does not read nothing more, asks the taps nothing, and later tells the gap', async () => {
    const hand = new HandTaps(50);
    const connection = hand.open(1);
    page.reads = false;
    for (let i = 1; i < 45; i += 1) connection.add('open', i);
    new PageFeed(hand, page, new Map());
    // Fills the buffer of the stream: a connection that costs many characters.
    for (let id = 2; id < 400; id += 1) hand.open(id);
    await jest.advanceTimersByTimeAsync(50);
    const { writableLength } = page;
    const { asked } = connection;
    for (let i = 0; i < 20_000; i += 1) connection.add('rx', 1_000 + i * 1_000, 'x'.repeat(100));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(page.messages).toHaveLength(1);
    expect(page.writableLength).toBe(writableLength);
    expect(writableLength).toBeLessThan(256 * 1024);
    expect(connection.asked).toBe(asked);

    page.read();
    await settle();
    await jest.advanceTimersByTimeAsync(50);
    const marks = page.messages.flatMap(({ news }) => news.filter(({ id }) => id === 1)).at(-1)!.marks;
    expect(marks[0]!.slice(0, 3)).toEqual([45, expect.any(Number), GAP]);
    expect(marks.slice(1).map(([seq]) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => 19_995 + i));
  });

  it('divides much news among bounded messages, and every connection gets its turn', async () => {
    const hand = new HandTaps();
    for (let id = 1; id <= 200; id += 1) {
      const connection = hand.open(id);
      for (let i = 1; i <= 200; i += 1) connection.add('tx', i * 20_000, 'some bytes to look at');
    }
    new PageFeed(hand, page, new Map());
    await jest.advanceTimersByTimeAsync(3_000);
    for (const message of page.messages) expect(JSON.stringify(message).length).toBeLessThan(256 * 1024);
    expect(page.messages.filter(({ news }) => news.length > 0).length).toBeGreaterThan(5);
    for (let id = 1; id <= 200; id += 1) expect(page.seqs(id)).toEqual(Array.from({ length: 201 }, (_, i) => i));
  });

  it('sends a page that opens the newest of a long past, after a gap', async () => {
    const hand = new HandTaps(200_000);
    const connection = hand.open(1);
    for (let i = 1; i <= 150_000; i += 1) connection.add('fin-in', i);
    new PageFeed(hand, page, new Map());
    await settle();
    const { marks } = page.messages[0]!.news[0]!;
    expect(marks[0]!.slice(0, 3)).toEqual([0, expect.any(Number), GAP]);
    expect(marks).toHaveLength(100_001);
    expect(marks.at(-1)![0]).toBe(150_000);
  });

  it('tells which connections are gone, and sends them anew if they come back', async () => {
    const hand = new HandTaps();
    const connection = hand.open(1);
    new PageFeed(hand, page, new Map());
    hand.connections.delete(1);
    await jest.advanceTimersByTimeAsync(100);
    expect(page.messages.map(({ gone }) => gone)).toEqual([undefined, [1], undefined]);
    hand.connections.set(1, connection);
    await jest.advanceTimersByTimeAsync(50);
    expect(page.messages.at(-1)!.news[0]).toMatchObject({ id: 1, about: { client: '127.0.0.1:50001' } });
  });

  it('stops with the page', async () => {
    const hand = new HandTaps();
    const connection = hand.open(1);
    new PageFeed(hand, page, new Map());
    page.destroy();
    await settle();
    expect(jest.getTimerCount()).toBe(0);
    expect(connection.asked).toBe(1);
  });
});
