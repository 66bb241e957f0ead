import { Inject, Injectable, type OnModuleDestroy, ServiceUnavailableException } from '@nestjs/common';
import { from, map, mergeMap, Observable, type ObservableInput, Subject, take, takeUntil } from 'rxjs';
import { concatMapPausing } from 'rxjs-tcp';
import { Devices } from './Devices.js';
import { GATEWAY_OPTIONS, type GatewayOptions } from './GatewayOptions.js';
import { Metrics } from './Metrics.js';
import type { Reading } from './protocol/messages.js';

/** A reading and whose it is. */
export interface Shown extends Pick<Reading, 'sequence' | 'at' | 'value'> {
  readonly device: string;
}

/** Shows the readings of all devices. A slow client loses the oldest of each device, and holds nobody. */
@Injectable()
export class Dashboard implements OnModuleDestroy {
  private readonly stopped = new Subject<void>();

  constructor(
    @Inject(GATEWAY_OPTIONS) private readonly options: GatewayOptions,
    private readonly devices: Devices,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Opens a dashboard.
   *
   * @param whenRoom - Emits or resolves once the next reading may be shown.
   * @returns Completes when the gateway stops. Errors with a `ServiceUnavailableException` if too many are open.
   */
  open(whenRoom: () => ObservableInput<unknown>): Observable<Shown> {
    return new Observable<Shown>((subscriber) => {
      if (this.metrics.dashboards >= this.options.maxDashboards) {
        subscriber.error(
          new ServiceUnavailableException(`Cannot open a dashboard: ${this.metrics.dashboards} are open`),
        );
        return;
      }
      this.metrics.dashboards++;
      subscriber.add(() => this.metrics.dashboards--);
      const shown$ = this.devices.each$.pipe(
        mergeMap(({ id, newestReadings$ }) =>
          newestReadings$.pipe(map(({ sequence, at, value }): Shown => ({ device: id, sequence, at, value }))),
        ),
        // Behind `mergeMap` it holds the queue of the device whose reading waits.
        concatMapPausing((shown) =>
          from(whenRoom()).pipe(
            take(1),
            map(() => shown),
          ),
        ),
        takeUntil(this.stopped),
      );
      subscriber.add(shown$.subscribe(subscriber));
    });
  }

  /** The streams end, so that the HTTP server can close. */
  onModuleDestroy(): void {
    this.stopped.next();
  }
}
