import type { CloseInfo } from '../../connection/CloseInfo';
import type { Checking } from './Checking';
import type { ConnectionCheck } from './ConnectionCheck';
import { defineCheck } from './defineCheck';

const MIB = 1024 * 1024;
const CLOSED = 'ERR_CONNECTION_CLOSED';

/** What must hold for the ends of a connection. */
export const endingChecks: readonly ConnectionCheck[] = [
  defineCheck("the peer's FIN: the rest, then the end of the stream, and writing goes on", async (t) => {
    t.far.writer.write('line\nrest');
    t.far.writer.writeEof();
    t.expect('readLine', await t.wait('the line has arrived', t.near.reader.readLine()), 'line\n');
    t.expect('readLine', await t.wait('the rest has arrived', t.near.reader.readLine()), 'rest');
    t.expect('readLine', await t.wait('the end has come', t.near.reader.readLine()), '');
    t.expect('atEof()', t.near.reader.atEof(), true);
    t.near.writer.write('still here');
    t.near.writer.writeEof();
    t.expect('what the peer reads', await t.wait('all has arrived', t.far.reader.readAll()), 'still here');
    await expectClosed(t, 'peer', 'local');
  }),

  defineCheck('our FIN: all that was written before it, and reading goes on', async (t) => {
    const { near, far } = t;
    near.writer.write(Buffer.alloc(3 * MIB, 'x'));
    near.writer.writeEof();
    near.writer.writeEof();
    refusesWrites(t);
    t.expect('isClosing()', near.writer.isClosing(), false);
    t.expect('how much arrives', (await t.wait('all has arrived', far.reader.readAll())).length, 3 * MIB);
    far.writer.write('reply');
    t.expect('the reply', await t.wait('the reply has come', near.reader.readExactly(5)), 'reply');
    far.writer.writeEof();
    t.expect('the end', await t.wait('the end has come', near.reader.readAll()), '');
    await expectClosed(t, 'local', 'peer');
  }),

  defineCheck('an end inside a frame says what there is of it', async (t) => {
    t.far.writer.write('abc');
    t.far.writer.writeEof();
    const error = await t.wait('the read fails', t.failureOf('a read of a cut frame', t.near.reader.readExactly(5)));
    const { partial, expected } = error as unknown as { partial?: unknown; expected?: unknown };
    t.expect('its code', error.code, 'ERR_INCOMPLETE_READ');
    t.expect('what there is', partial, 'abc');
    t.expect('what was expected', expected, 5);
  }),

  defineCheck('close() sends everything first, refuses writes and shows a read the end', async (t) => {
    const { near, far } = t;
    const pending = near.reader.readLine();
    pending.catch(() => {});
    near.writer.write(Buffer.alloc(3 * MIB, 'x'));
    const closed = near.close();
    refusesWrites(t);
    t.expect('isClosing()', near.writer.isClosing(), true);
    t.expect('the pending read', await t.wait('the pending read is answered', pending), '');
    far.writer.write('nobody reads this');
    t.expect('how much arrives', (await t.wait('all has arrived', far.reader.readAll())).length, 3 * MIB);
    void far.close();
    t.expect('closed', await t.wait('close() resolves', closed), { by: 'local' });
    t.expect('what was dropped', near.reader.bufferedAmount, 0);
    await t.wait('waitClosed() resolves', near.writer.waitClosed());
  }),

  defineCheck('destroy() drops what is queued, and ends every wait', async (t) => {
    const { near } = t;
    const reason = new Error('enough');
    near.writer.write(Buffer.alloc(8 * MIB));
    const waiting = {
      'a pending read': near.reader.readLine(),
      'a pending drain()': near.writer.drain(),
      'a pending flush()': near.writer.flush(),
    };
    const failures = Object.entries(waiting).map(([who, promise]) => t.failureOf(who, promise));
    let completed = false;
    near.writer.pressure$.subscribe({ complete: () => (completed = true) });
    near.destroy(reason);
    for (const error of await t.wait('everyone is told', Promise.all(failures))) {
      t.expect('the code', error.code, CLOSED);
      t.expect('the cause', error.cause, reason);
    }
    t.expect('closed', await t.wait('closed resolves', near.closed), { by: 'local', error: reason });
    t.expect('bufferedAmount', near.writer.bufferedAmount, 0);
    t.expect('whether pressure$ has completed', completed, true);
    t.expect('whether signal is aborted', near.signal.aborted, true);
    refusesWrites(t);
    const later = await t.wait('a later read fails', t.failureOf('a later read', near.reader.readLine()));
    t.expect('its code', later.code, CLOSED);
    await seesAnEnd(t);
  }),

  defineCheck(
    'a reset: what arrived, then the system error untouched; writes are refused with it as their cause',
    async (t) => {
      const { near, far } = t;
      far.writer.write('line\nrest');
      await t.until('nine bytes have arrived', () => near.bytesRead === 9);
      far.reset();
      if (!t.resets) {
        t.expect('readLine', await t.wait('the line is read', near.reader.readLine()), 'line\n');
        return;
      }
      const { by, error } = await t.wait('closed resolves', near.closed);
      t.expect('who ended it', by, 'reset');
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ECONNRESET' && code !== 'EPIPE') t.expect('the code', code, 'ECONNRESET');
      t.expect('readLine', await t.wait('the line is read', near.reader.readLine()), 'line\n');
      const failure = await t.wait('the next read fails', t.failureOf('a read behind a reset', near.reader.readLine()));
      t.expect('whether the read fails with the same error', failure === error, true);
      t.expect('what is left', near.reader.peek(10), 'rest');
      t.expect('the cause', t.thrownBy('a write', () => near.writer.write('x')).cause, error);
    },
  ),

  defineCheck('closed resolves and signal aborts, on either end', async (t) => {
    const signals = [t.near, t.far].map(({ signal }) => signal);
    void t.far.close();
    void t.near.close();
    await expectClosed(t, /^(local|peer)$/, /^(local|peer)$/);
    for (const { aborted, reason } of signals) {
      t.expect('whether signal is aborted', aborted, true);
      t.expect('its reason', (reason as { code?: unknown }).code, CLOSED);
    }
  }),

  defineCheck('no byte comes after the end', async (t) => {
    const seen: unknown[] = [];
    t.near.reader.subscribe({
      next: (chunk) => seen.push(`${chunk}`),
      error: () => seen.push('#'),
      complete: () => seen.push('|'),
    });
    t.near.destroy();
    t.far.writer.next('too late');
    await t.wait('closed resolves', t.near.closed);
    await t.turns(10);
    t.expect('what came', seen, ['#']);
  }),

  defineCheck('to end again does nothing, and does not change how it ended', async (t) => {
    const { near } = t;
    near.destroy();
    near.destroy(new Error('again'));
    near.reset();
    near.writer.writeEof();
    near.writer.complete();
    near.writer.close();
    near.writer.error(new Error('again'));
    near.writer.next('dropped');
    t.expect('closed', await t.wait('closed resolves', near.closed), { by: 'local' });
    t.expect('close()', await t.wait('close() resolves', near.close()), { by: 'local' });
    await near[Symbol.asyncDispose]();
  }),

  defineCheck(
    'silence is ended after idleTimeout',
    async (t) => {
      // The peer has the same limit, and must not be the first. So it always has something to send, which does not arrive: with
      // so small a limit the reader soon pauses.
      const ends: { near?: CloseInfo; far?: CloseInfo } = {};
      const near = t.near.closed.then((info) => (ends.near = info));
      const far = t.far.closed.then((info) => (ends.far = info));
      for (const closed of [near, far]) closed.catch(() => (t.over = true));
      t.step = 'the end that hears nothing is closed';
      while (ends.near === undefined && ends.far?.by !== 'timeout' && !t.over) {
        t.far.writer.next('x');
        await t.turns(10);
      }
      // If this process has stood still for so long, the peer may be the first. Then this try shows nothing.
      if (ends.near?.by !== 'timeout' && ends.far?.by === 'timeout') return 'again';
      const { by, error } = await t.wait('closed resolves', near);
      t.expect('who ended it', by, 'timeout');
      t.expect('the code', (error as { code?: unknown }).code, 'ERR_SOCKET_TIMEOUT');
      await t.wait("the peer's end is ended", far);
      return undefined;
    },
    { idleTimeout: 20, limit: 1 },
  ),
];

function refusesWrites(t: Checking): void {
  const error = t.thrownBy('a write after the end', () => t.near.writer.write('x'));
  t.expect('the code of a write after the end', error.code, CLOSED);
  t.near.writer.next('x');
}

async function seesAnEnd(t: Checking): Promise<void> {
  const ended = t.far.reader.readAll().catch(() => {});
  await t.wait('the peer sees an end', Promise.race([ended, t.far.closed]));
}

async function expectClosed(t: Checking, near: string | RegExp, far: string | RegExp): Promise<void> {
  for (const [who, { closed }, expected] of [
    ['near', t.near, near],
    ['far', t.far, far],
  ] as const) {
    const info = await t.wait(`closed of ${who} resolves`, closed);
    if (typeof expected === 'string' || info.error !== undefined) t.expect(`closed of ${who}`, info, { by: expected });
    else if (!expected.test(info.by)) t.expect(`who ended ${who}`, info.by, 'local');
  }
}
