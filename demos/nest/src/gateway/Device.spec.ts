import { firstValueFrom, NEVER, timer } from 'rxjs';
import { type Connection, concatMapPausing, connectionPair, framed, SocketTimeoutError } from 'rxjs-tcp';
import { runMarbles } from 'rxjs-tcp/testing';
import { Alarm } from './Alarm.js';
import { Device } from './Device.js';
import { Devices } from './Devices.js';
import { defaultOptions } from './GatewayOptions.js';
import { Metrics } from './Metrics.js';
import { deviceMessages, type Reading } from './protocol/messages.js';

const sleep = (time: number) => firstValueFrom(timer(time));
const reading = (sequence: number, value = 20): Reading => ({ kind: 'reading', sequence, at: 0, value });

function logIn(options = {}) {
  const [near, far] = connectionPair();
  const count = { dropped: 0, skipped: 0 };
  const events = { dropped: () => count.dropped++, skipped: (bytes: number) => (count.skipped += bytes) };
  const device = new Device('d', near, { ...defaultOptions, ...options }, events);
  return { device, count, far, messages: framed(far, deviceMessages()) };
}

function end(device: Device, far: Connection): Promise<unknown> {
  device.connection.destroy();
  far.destroy();
  return Promise.all([device.connection.closed, far.closed]);
}

describe('a device', () => {
  it('gives every reading to one consumer, and the newest to another that stalls', () =>
    runMarbles(async () => {
      const { device, count, far, messages } = logIn({ dashboardBuffer: 4 * 32 });
      const alarm: number[] = [];
      device.everyReading$.subscribe(({ sequence }) => alarm.push(sequence));
      let shown = 0;
      const dashboard = device.newestReadings$.pipe(
        concatMapPausing(() => {
          shown++;
          return NEVER;
        }),
      );
      const stalled = dashboard.subscribe();
      device.start();
      for (let sequence = 0; sequence < 50; sequence++) messages.next(reading(sequence));
      await sleep(10);
      expect(alarm).toEqual(Array.from({ length: 50 }, (_, sequence) => sequence));
      // One is shown, four wait.
      expect({ shown, dropped: count.dropped }).toEqual({ shown: 1, dropped: 45 });
      stalled.unsubscribe();
      await end(device, far);
    }));

  it('is not read while the alarm is slow', () =>
    runMarbles(async () => {
      const { device, far, messages } = logIn({ alarmBuffer: 4 * 32 });
      let at = 0;
      const subscription = device.everyReading$
        .pipe(
          concatMapPausing(async () => {
            at++;
            await sleep(1000);
          }),
        )
        .subscribe();
      device.start();
      for (let sequence = 0; sequence < 50; sequence++) messages.next(reading(sequence));
      await sleep(10);
      expect(at).toBe(1);
      expect(device.connection.stats().heldBy).toContain('sharePausing');
      await sleep(49_500);
      expect(at).toBe(50);
      subscription.unsubscribe();
      await end(device, far);
    }));

  it('answers commands with the replies that have their ids, and gives up after the time limit', () =>
    runMarbles(async () => {
      const { device, far, messages } = logIn({ commandTimeout: 100 });
      const commands: string[] = [];
      messages.subscribe({
        next: (message) => {
          if (message.kind !== 'command') return;
          commands.push(message.text);
          if (message.text !== 'lost') messages.next({ kind: 'reply', id: message.id, ok: true, text: message.text });
        },
        error: () => {},
      });
      device.everyReading$.subscribe();
      device.start();
      const lost = device.ask('lost').catch((error: unknown) => error);
      expect(await device.ask('blink')).toMatchObject({ ok: true, text: 'blink' });
      expect(await lost).toBeInstanceOf(SocketTimeoutError);
      expect(commands).toEqual(['lost', 'blink']);
      await end(device, far);
    }));

  it('is cut when it sends only noise', () =>
    runMarbles(async () => {
      const { device, count, far } = logIn({ maxSkipped: 1000 });
      device.everyReading$.subscribe({ error: () => {} });
      device.start();
      far.writer.write(Buffer.alloc(5000, 'noise'));
      const { by, error } = await device.connection.closed;
      expect(by).toBe('local');
      expect(`${error}`).toContain('bytes are in none');
      expect(count.skipped).toBeGreaterThan(1000);
      far.destroy();
      await far.closed;
    }));
});

describe('the alarm', () => {
  it('counts gaps, and writes what is above the threshold', () =>
    runMarbles(async () => {
      const written: number[] = [];
      const metrics = new Metrics(new Devices());
      const journal = { append: async ({ sequence }: { sequence: number }) => void written.push(sequence) };
      const alarm = new Alarm({ ...defaultOptions, threshold: 50, journal }, metrics);
      const { device, far, messages } = logIn();
      alarm.watch(device).subscribe({ error: () => {} });
      device.start();
      for (const [sequence, value] of [
        [0, 10],
        [1, 60],
        [4, 70],
      ] as const)
        messages.next(reading(sequence, value));
      await sleep(10);
      expect(written).toEqual([1, 4]);
      expect({ readings: metrics.readings, lost: metrics.lost, alarms: metrics.alarms }).toEqual({
        readings: 3,
        lost: 2,
        alarms: 2,
      });
      await end(device, far);
    }));
});
