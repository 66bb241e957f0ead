// Proves that a consumer that stalls takes no frame from the others, for 2,000 devices, with bounded memory; and that 500 devices
// that are reset at once come back, spread over time. `npm test` takes fewer of both.
import { firstValueFrom, Subject, type Subscription, switchMap } from 'rxjs';
import {
  type Connection,
  concatMapPausing,
  connect,
  connectionPair,
  lines,
  reconnect,
  sharePausing,
  startServer,
} from '../../src';
import { runs } from '../support/runs';
import { turns, until } from '../support/until';

const DEVICES = runs(500, 2000);
/** So many are reset. */
const RESET = runs(150, 500);
const FRAMES = 50;
/** Bytes that may wait for the stalled consumer of each device. */
const ALLOWANCE = 256;

describe(`${DEVICES} devices with two consumers, one of which stalls`, () => {
  it('sharePausing delivers every frame to the other one, and keeps what is allowed', async () => {
    let archived = 0;
    let shown = 0;
    let dropped = 0;
    const stalled = new Subject<void>();
    const pairs = Array.from({ length: DEVICES }, () => connectionPair());
    for (const [near] of pairs) {
      const onDrop = () => dropped++;
      const policy = { overflow: 'drop-oldest', maxBuffered: ALLOWANCE, onDrop } as const;
      const frames$ = near.reader.pipe(lines(), sharePausing(policy));
      frames$.subscribe({ next: () => archived++, error: () => {} });
      frames$.pipe(concatMapPausing(() => firstValueFrom(stalled))).subscribe({ next: () => shown++, error: () => {} });
    }
    for (let frame = 0; frame < FRAMES; frame++) {
      for (const [, far] of pairs) far.writer.write(`${'x'.repeat(30)}${frame}\n`);
      await turns(1);
    }
    await until('all is archived', () => archived === DEVICES * FRAMES);
    expect(shown).toBe(0);
    // Of each device one frame is at work, and 8 of at most 32 bytes wait.
    expect(FRAMES - 1 - dropped / DEVICES).toBe(Math.floor(ALLOWANCE / 32));
    stalled.next();
    await until('the other one goes on', () => shown === DEVICES);
    for (const ends of pairs) for (const end of ends) end.destroy();
  }, 30_000);
});

describe(`${RESET} devices that are reset at once`, () => {
  it('reconnect brings all of them back, not in one moment', async () => {
    const devices = RESET;
    let accepted = 0;
    const times: number[] = [];
    const open = new Set<Connection>();
    const server = await startServer(
      (connection) => {
        accepted++;
        times.push(performance.now());
        open.add(connection);
        connection.writer.write('hello\n');
        return connection.closed.then(() => void open.delete(connection));
      },
      { host: '127.0.0.1', port: 0, backlog: 1024 },
    );
    const { port } = server;
    const subscriptions: Subscription[] = [];
    let greeted = 0;
    for (let device = 0; device < devices; device++) {
      subscriptions.push(
        connect({ host: '127.0.0.1', port: port as number })
          .pipe(
            switchMap(({ reader }) => reader.pipe(lines())),
            reconnect({ initial: 200, max: 1000 }),
          )
          .subscribe(() => greeted++),
      );
    }
    await until('all have come', () => greeted === devices);
    const reset = performance.now();
    for (const connection of [...open]) connection.reset();
    await until('all are back', () => greeted === 2 * devices);
    const back = times.slice(devices).map((time) => time - reset);
    expect(accepted).toBe(2 * devices);
    // The waits are random: they are not all in one tenth of the time.
    expect(Math.max(...back) - Math.min(...back)).toBeGreaterThan(20);
    for (const subscription of subscriptions) subscription.unsubscribe();
    await server.close();
  }, 20_000);
});
