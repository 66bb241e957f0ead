import { Inject, Injectable } from '@nestjs/common';
import { filter, type Observable, tap } from 'rxjs';
import { concatMapPausing } from 'rxjs-tcp';
import type { Device } from './Device.js';
import { GATEWAY_OPTIONS, type GatewayOptions } from './GatewayOptions.js';
import { type Journal, MemoryJournal } from './Journal.js';
import { Metrics } from './Metrics.js';
import type { Reading } from './protocol/messages.js';

/** Looks at every reading. While the journal is slow, the devices whose alarms wait are not read. */
@Injectable()
export class Alarm {
  private readonly journal: Journal;
  private readonly threshold: number;

  constructor(
    @Inject(GATEWAY_OPTIONS) { journal = new MemoryJournal(), threshold }: GatewayOptions,
    private readonly metrics: Metrics,
  ) {
    this.journal = journal;
    this.threshold = threshold;
  }

  /** Watches a device while it is subscribed to. Completes when the device has ended and every alarm of it is written. */
  watch({ id, everyReading$ }: Pick<Device, 'id' | 'everyReading$'>): Observable<void> {
    let expected = 0;
    return everyReading$.pipe(
      tap((reading) => {
        if (reading.sequence > expected) this.metrics.lost += reading.sequence - expected;
        expected = reading.sequence + 1;
        this.count(reading);
      }),
      filter(({ value }) => value > this.threshold),
      concatMapPausing(({ sequence, at, value }) => {
        this.metrics.alarms++;
        return this.journal.append({ device: id, sequence, at, value });
      }),
    );
  }

  private count({ at }: Reading): void {
    this.metrics.readings++;
    // A histogram takes integers from 1 on; a device's clock may be wrong.
    const delay = Date.now() - at;
    if (delay >= 0 && delay < MAX_DELAY) this.metrics.delays.record(Math.floor(delay) + 1);
  }
}

/** Above it a clock is wrong: an hour. */
const MAX_DELAY = 3_600_000;
