import type { IncomingResponse, WritePacket } from '@nestjs/microservices';
import { NEVER, Subject } from 'rxjs';
import type { Connection } from 'rxjs-tcp';
import { concatMapPausing, ndjson } from 'rxjs-tcp';
import { runMarbles } from 'rxjs-tcp/testing';
import { ClientLink } from './ClientLink.js';

// In virtual time: the diagram is what the server sends.

function linkTo(connection: Connection, { timeout = 0, maxInFlight = 10 } = {}) {
  const link = new ClientLink(connection, {
    codec: ndjson(),
    read: (raw) => raw as IncomingResponse,
    timeout,
    maxInFlight,
    maxQueued: 10,
  });
  const answers: unknown[] = [];
  const ask = (id: string) =>
    link.request(id, { id, pattern: 'p' }, (packet: WritePacket) => answers.push([id, packet]));
  return { link, answers, ask };
}

const request = (id: string) => `{"id":"${id}","pattern":"p"}\n`;
const stop = (id: string) => `{"id":"${id}","isDisposed":true}\n`;

describe('ClientLink', () => {
  it('hands each packet to its request, in order', async () => {
    const answers: unknown[] = [];
    await runMarbles(async ({ connection, scheduler }) => {
      const near = connection('--(ab)-', {
        a: '{"id":"1","response":"x"}\n{"id":"2","response":"y"}\n',
        b: '{"id":"2","isDisposed":true}\n{"id":"1","response":"z","isDisposed":true}\n',
      });
      const { link, ask, answers: got } = linkTo(near);
      ask('1');
      ask('2');
      await new Promise((resolve) => scheduler.schedule(() => resolve(undefined), 10));
      answers.push(...got);
      near.destroy();
      await link.close(1);
    });
    expect(answers).toEqual([
      ['1', { response: 'x' }],
      ['2', { response: 'y' }],
      ['2', { err: undefined, response: undefined, isDisposed: true }],
      ['1', { err: undefined, response: 'z', isDisposed: true }],
    ]);
  });

  it('sends what stops a request after the request', () => {
    runMarbles(({ connection, expectObservable, scheduler }) => {
      const near = connection('');
      expectObservable(near.written$).toBe('a-b', { a: request('1'), b: stop('1') });
      const leave = linkTo(near).ask('1');
      scheduler.schedule(leave, 2);
    });
  });

  it('never sends a request that was left while it waited', () => {
    runMarbles(({ connection, expectObservable, scheduler }) => {
      const near = connection('5ms a', { a: '{"id":"1","isDisposed":true}\n' });
      expectObservable(near.written$).toBe('a 4ms b', { a: request('1'), b: request('3') });
      const { ask } = linkTo(near, { maxInFlight: 1 });
      ask('1');
      const leave = ask('2');
      ask('3');
      scheduler.schedule(leave, 2);
    });
  });

  it('is held by a slow consumer of a stream, with a flow operator', async () => {
    let held: unknown;
    await runMarbles(async ({ connection, scheduler }) => {
      const near = connection('a', { a: '{"id":"1","response":1}\n{"id":"1","response":2}\n' });
      const values = new Subject<unknown>();
      values.pipe(concatMapPausing(() => NEVER)).subscribe();
      linkTo(near).link.request('1', { id: '1' }, ({ response }) => values.next(response));
      await new Promise((resolve) => scheduler.schedule(() => resolve(undefined), 10));
      held = near.stats().heldSince;
      near.destroy();
    });
    expect(held).toEqual(expect.any(Number));
  });
});
