import 'reflect-metadata';
import { firstValueFrom, lastValueFrom, type Observable, of, take, toArray } from 'rxjs';
import { catchError } from 'rxjs/operators';
import { ConnectionClosedError } from 'rxjs-tcp';
import { Seen, Service } from './Service.js';
import { type Service as Served, serve, transports, whenStatus } from './transports.js';

// Where the transports differ, what each does: the list in the guide.

describe.each(transports)('$name', (transport) => {
  const { ours } = transport;
  let served: Served;
  let seen: Seen;

  beforeEach(async () => {
    seen = new Seen();
    served = await serve(transport, { controllers: [Service], providers: [{ provide: Seen, useValue: seen }] });
  });

  afterEach(async () => {
    seen.stop$.next();
    for (const resolve of seen.held.splice(0)) resolve('late');
    await served.close();
  });

  /** The values and the error of a request. */
  const outcome = (request: Observable<unknown>) =>
    lastValueFrom(
      request.pipe(
        catchError((error: unknown) => of({ error })),
        toArray(),
      ),
    );

  /** A request that the service has and does not answer. */
  async function held(): Promise<{ readonly answer: Promise<unknown[]> }> {
    const arrived = firstValueFrom(seen.event$);
    const answer = outcome(served.client.send('held', 'x'));
    await arrived;
    return { answer };
  }

  it(`a client that leaves a stream ${ours ? 'stops' : 'does not stop'} the Observable of the handler`, async () => {
    const left = firstValueFrom(seen.left$);
    expect(await lastValueFrom(served.client.send('ticks', {}).pipe(take(2), toArray()))).toEqual([0, 1]);
    if (ours) await left;
    // On the same connection, after what has stopped it.
    await firstValueFrom(served.client.send('sum', [1]));
    expect(seen.ticking).toBe(ours ? 0 : 1);
  });

  it(`a client that goes away ${ours ? 'stops' : 'does not stop'} the Observable of the handler`, async () => {
    const left = firstValueFrom(seen.left$);
    const stream = outcome(served.client.send('ticks', {}));
    await firstValueFrom(served.client.send('sum', [1]));
    const gone = whenStatus(served.client, 'disconnected');
    served.client.unwrap<{ destroy(): void }>().destroy();
    await Promise.all([gone, stream]);
    if (ours) await left;
    else await firstValueFrom(transport.client(served.port).send('sum', [1]));
    expect(seen.ticking).toBe(ours ? 0 : 1);
  });

  it(`close of a server ${ours ? 'waits for' : 'cuts'} the requests at work`, async () => {
    const { answer } = await held();
    const closed = served.server.close();
    if (ours) seen.held.splice(0)[0]?.('answered');
    await closed;
    expect(await answer).toEqual(ours ? ['answered'] : [{ error: new Error('Connection closed') }]);
  });

  it(`close of a server ${ours ? 'refuses' : 'cuts'} new requests meanwhile`, async () => {
    const { answer } = await held();
    const closed = served.server.close();
    const [refused] = await outcome(served.client.send('sum', [1]));
    expect(refused).toEqual({ error: ours ? 'The server is closing' : expect.any(Error) });
    for (const resolve of seen.held.splice(0)) resolve('answered');
    await Promise.all([closed, answer]);
  });

  it(`close of a client ${ours ? 'waits for' : 'cuts'} the requests under way`, async () => {
    const { answer } = await held();
    const closed = served.client.close();
    if (ours) seen.held.splice(0)[0]?.('answered');
    await closed;
    expect(await answer).toEqual(ours ? ['answered'] : [{ error: new Error('Connection closed') }]);
  });

  it('a connection that breaks fails the requests under way, with errors of other classes', async () => {
    const { answer } = await held();
    served.client.unwrap<{ destroy(): void }>().destroy();
    const [{ error }] = (await answer) as [{ error: unknown }];
    expect(error).toBeInstanceOf(ours ? ConnectionClosedError : Error);
    expect((error as Error).message).toMatch(ours ? 'the connection is closed' : 'Connection closed');
  });

  it(`an answer that JSON can't express ${ours ? 'is an error' : 'is never sent'}`, async () => {
    const answer = outcome(served.client.send('circular', {}));
    expect(await lastValueFrom(served.client.send('count', 2).pipe(toArray()))).toEqual([1, 2]);
    if (!ours) await served.client.close();
    expect(await answer).toEqual([
      { error: ours ? { status: 'error', message: 'The answer cannot be sent' } : new Error('Connection closed') },
    ]);
  });

  it(`a request of 2 MiB ${ours ? 'fails alone: maxLength is 1 MiB' : 'is sent'}`, async () => {
    const text = 'x'.repeat(2 * 1024 * 1024);
    const answer = await outcome(served.client.send('echo', text));
    expect(answer).toEqual(ours ? [{ error: expect.objectContaining({ code: 'ERR_LIMIT_OVERRUN' }) }] : [text]);
    expect(await firstValueFrom(served.client.send('sum', [1]))).toBe(1);
  });
});
