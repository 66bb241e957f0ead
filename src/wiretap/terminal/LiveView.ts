import type { TappedConnection } from '../Taps';
import type { WireEvent } from '../WireEvent';
import type { ViewConnection } from './ViewState';

/** A live connection as the terminal draws it. Its events are taken out of the ring only when they are drawn and have changed. */
export class LiveView implements ViewConnection {
  readonly id: number;
  readonly client: string;
  readonly target: string;
  readonly openedAt: number;
  readonly side: 'client' | 'server';
  last: WireEvent | undefined;
  private taken: readonly WireEvent[] | undefined;

  constructor(readonly tapped: TappedConnection) {
    const { id, client, target, openedAt, side = 'client', tap } = tapped;
    this.id = id;
    this.client = client;
    this.target = target;
    this.openedAt = openedAt;
    this.side = side;
    this.last = this.events.at(-1);
    tap.events$.subscribe((event) => {
      this.last = event;
      this.taken = undefined;
    });
  }

  get events(): readonly WireEvent[] {
    this.taken ??= this.tapped.tap.events();
    return this.taken;
  }
}
