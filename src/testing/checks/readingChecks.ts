import { firstValueFrom } from 'rxjs';
import { readExactly } from '../../operators/readExactly';
import { random } from '../random';
import type { ConnectionCheck } from './ConnectionCheck';
import { defineCheck } from './defineCheck';

/** More bytes than a reader takes at once. */
const LENGTH = 200_000;

/** What must hold for the reading side. */
export const readingChecks: readonly ConnectionCheck[] = [
  defineCheck('bytes arrive whole and in order, both ways at once, in any chunks', async (t) => {
    const ways = [
      { from: t.near, to: t.far, sent: noise(LENGTH, 1) },
      { from: t.far, to: t.near, sent: noise(LENGTH, 2) },
    ];
    const received = ways.map(async ({ from, to, sent }, seed) => {
      const next = random(seed + 3);
      const read = to.reader.readExactly(sent.length);
      read.catch(() => {});
      for (let at = 0, size = 0; at < sent.length; at += size) {
        size = 1 + next(2 ** next(15));
        from.writer.write(sent.subarray(at, at + size));
        await from.writer.drain();
      }
      t.expectBytes(`what ${seed === 0 ? 'far' : 'near'} reads`, await read, sent);
      await from.writer.flush();
      t.expect('bytesWritten', from.bytesWritten, sent.length);
      t.expect('bytesRead', to.bytesRead, sent.length);
    });
    await t.wait('all has arrived', Promise.all(received));
  }),

  defineCheck('a string is its UTF-8, an empty chunk is nothing', async (t) => {
    t.far.writer.write('');
    t.far.writer.write(new Uint8Array(0));
    t.far.writer.write('größe €\n');
    t.expect('the line', await t.wait('a line has arrived', t.near.reader.readLine()), 'größe €\n');
    t.expect('bytesRead', t.near.bytesRead, 12);
  }),

  defineCheck('nothing arrives inside the call that writes it', async (t) => {
    let writing = false;
    let inside = false;
    const next = () => {
      inside ||= writing;
    };
    const subscription = t.near.reader.subscribe({ next, error: () => {} });
    writing = true;
    t.far.writer.write('x');
    writing = false;
    await t.until('a byte has arrived', () => t.near.bytesRead === 1);
    subscription.unsubscribe();
    t.expect('whether it arrived inside', inside, false);
  }),

  defineCheck('one read goes on where another stopped, of whatever kind', async (t) => {
    t.far.writer.write('line\nrecord;12345rest');
    const { reader } = t.near;
    t.expect('readLine', await t.wait('a line has arrived', reader.readLine()), 'line\n');
    t.expect('readUntil', await t.wait('a record has arrived', reader.readUntil(';')), 'record;');
    t.expect('an operator', await t.wait('a block has arrived', firstValueFrom(reader.pipe(readExactly(3)))), '123');
    for await (const chunk of reader) {
      t.expect('an iteration', chunk, '45rest');
      break;
    }
    t.far.writer.write('more');
    t.expect('readExactly', await t.wait('the rest has arrived', reader.readExactly(4)), 'more');
  }),

  defineCheck('a read that is cancelled keeps its bytes for the next', async (t) => {
    const { reader } = t.near;
    const cancel = new AbortController();
    const aborted = t.failureOf('an aborted read', reader.readExactly(10, { signal: cancel.signal }));
    t.far.writer.write('abc');
    await t.until('three bytes have arrived', () => t.near.bytesRead === 3);
    cancel.abort(new Error('cancelled'));
    t.expect('the reason', (await t.wait('the read is aborted', aborted)).message, 'cancelled');
    const subscription = reader.pipe(readExactly(10)).subscribe({ error: () => {} });
    t.far.writer.write('def');
    await t.until('three more have arrived', () => t.near.bytesRead === 6);
    subscription.unsubscribe();
    t.expect('the next read', await t.wait('they are read', reader.readExactly(6)), 'abcdef');
  }),

  defineCheck('a second read is refused while one is at work, which goes on', async (t) => {
    const first = t.near.reader.readLine();
    first.catch(() => {});
    const busy = t.failureOf('a second read', t.near.reader.readLine());
    t.expect('its code', (await t.wait('the second read is refused', busy)).code, 'ERR_READER_BUSY');
    t.far.writer.write('line\n');
    t.expect('the first read', await t.wait('the first read has its line', first), 'line\n');
  }),

  defineCheck('a reader that is held delivers nothing, and everything when it is let go', async (t) => {
    const seen: Buffer[] = [];
    const release = t.near.reader.pause();
    const subscription = t.near.reader.subscribe({ next: (chunk) => seen.push(chunk), error: () => {} });
    t.far.writer.write('held');
    await t.until('four bytes have arrived', () => t.near.bytesRead === 4);
    t.expect('how many chunks came', seen.length, 0);
    release();
    t.expect('what came', Buffer.concat(seen), 'held');
    subscription.unsubscribe();
  }),

  defineCheck(
    'a line above the limit is refused, and the line after it is read',
    async (t) => {
      t.far.writer.write(`${'x'.repeat(100)}\nshort\n`);
      const error = await t.wait('the line is refused', t.failureOf('a long line', t.near.reader.readLine()));
      t.expect('its code', error.code, 'ERR_LIMIT_OVERRUN');
      t.expect('the next line', await t.wait('the next line is read', t.near.reader.readLine()), 'short\n');
    },
    { limit: 16 },
  ),
];

function noise(length: number, seed: number): Buffer {
  const next = random(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(next(2 ** 32), at);
  return bytes;
}
