import { of } from 'rxjs';
import type { Checking } from './Checking';
import type { ConnectionCheck } from './ConnectionCheck';
import { defineCheck } from './defineCheck';

const MIB = 1024 * 1024;

/** What must hold for the writing side. */
export const writingChecks: readonly ConnectionCheck[] = [
  defineCheck('pressure is honest: it begins with what the peer does not take, and ends when it has', async (t) => {
    const { writer } = t.near;
    const pressure: boolean[] = [];
    writer.pressure$.subscribe((on) => pressure.push(on));
    t.expect('whether a small write is welcome', writer.write('x'), true);
    await t.wait('one byte is flushed', writer.flush());
    t.expect('whether a large write is welcome', writer.write(Buffer.alloc(t.tooMuch)), false);
    let drained = false;
    const draining = writer.drain().then(() => {
      drained = true;
    });
    draining.catch(() => {});
    await untilStuck(t);
    t.expect('whether drain() has resolved', drained, false);
    t.expect('pressure$', pressure, [false, true]);
    t.expect('what waits and what was written', writer.bufferedAmount + t.near.bytesWritten, t.tooMuch + 1);
    t.expect(
      'what arrives',
      (await t.wait('all is read', t.far.reader.readExactly(t.tooMuch + 1))).length,
      t.tooMuch + 1,
    );
    await t.wait('drain() resolves', draining);
    await t.wait('flush() resolves', writer.flush());
    t.expect('pressure$', pressure, [false, true, false]);
    t.expect('bufferedAmount', writer.bufferedAmount, 0);
  }),

  defineCheck('a peer that does not read is held back: what waits unread is bounded', async (t) => {
    t.far.writer.write(Buffer.alloc(t.tooMuch));
    await untilStuck({ near: t.far, far: t.near, until: t.until.bind(t), turns: t.turns.bind(t) });
    const { bufferedAmount } = t.near.reader;
    if (bufferedAmount > MIB) throw new Error(`${bufferedAmount} bytes wait unread, with a limit of 64 KiB`);
    t.expect('bytes that wait with the writer', t.far.writer.bufferedAmount > 0, true);
    t.expect('what arrives', (await t.wait('all is read', t.near.reader.readExactly(t.tooMuch))).length, t.tooMuch);
  }),

  defineCheck(
    'a write above what may wait is refused, and nothing of it sent',
    async (t) => {
      const { writer } = t.near;
      for (let i = 0; i < 10; i++) writer.write(Buffer.alloc(1000, 'a'));
      const error = t.thrownBy('a write above maxQueued', () => writer.write('b'));
      t.expect('its code', error.code, 'ERR_BUFFER_OVERFLOW');
      await t.wait('the rest is flushed', writer.flush());
      writer.write('c');
      const all = await t.wait('all has arrived', t.far.reader.readExactly(10_001));
      t.expectBytes('what arrives', all, Buffer.from(`${'a'.repeat(10_000)}c`));
    },
    { highWaterMark: 5000, maxQueued: 10_000 },
  ),

  defineCheck('a wait for the writer may be given up, by a signal or a time limit, and changes nothing', async (t) => {
    const { writer } = t.near;
    writer.write(Buffer.alloc(t.tooMuch));
    const cancel = new AbortController();
    const aborted = t.failureOf('an aborted drain()', writer.drain({ signal: cancel.signal }));
    const late = t.failureOf('a late flush()', writer.flush({ timeout: 1 }));
    await untilStuck(t);
    cancel.abort(new Error('cancelled'));
    t.expect('the reason', (await t.wait('drain() is aborted', aborted)).message, 'cancelled');
    t.expect('the code', (await t.wait('flush() is late', late)).code, 'ERR_SOCKET_TIMEOUT');
    t.expect('what arrives', (await t.wait('all is read', t.far.reader.readExactly(t.tooMuch))).length, t.tooMuch);
  }),

  defineCheck(
    'it is a Subject: a source is written and its completion is FIN; a subscriber sees the written chunks',
    async (t) => {
      const tapped: unknown[] = [];
      t.near.writer.subscribe({ next: (chunk) => tapped.push(chunk), complete: () => tapped.push('|') });
      of('one ', 'two').subscribe(t.near.writer);
      t.expect('what arrives', await t.wait('the end has come', t.far.reader.readAll()), 'one two');
      t.expect('what the wiretap saw', tapped, ['one ', 'two', '|']);
    },
  ),

  defineCheck('an invalid chunk is refused, and the connection goes on', async (t) => {
    const error = t.thrownBy('a write of a number', () => t.near.writer.write(5 as never));
    t.expect('its kind', error instanceof TypeError, true);
    t.near.writer.write('bytes\n');
    t.expect('what arrives', await t.wait('a line has arrived', t.far.reader.readLine()), 'bytes\n');
  }),
];

/** Waits until nothing moves any more: the peer's reader and everything in between are full. */
async function untilStuck(t: Pick<Checking, 'near' | 'far' | 'until' | 'turns'>): Promise<void> {
  await t.until('the peer has taken what it takes', () => t.far.reader.bufferedAmount > 128 * 1024);
  for (let before = -1; before !== t.near.bytesWritten; ) {
    before = t.near.bytesWritten;
    await t.turns(20);
  }
}
