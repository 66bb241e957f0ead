import { Subject } from 'rxjs';
import type { WireEvent } from '../WireEvent';
import type { Framing, Framings } from './loadFraming';

/** The frames of one event, or why there are none any more. */
export interface CutFrames {
  readonly frames: readonly unknown[];
  /** Why this direction is cut no more, told once. */
  readonly problem?: string;
}

/** Cuts the bytes of one connection into frames, event by event. */
export class FrameLog {
  private readonly rx: Direction;
  private readonly tx: Direction;

  /** @param side - Whose view the events are. */
  constructor({ client, server }: Framings, side: 'client' | 'server') {
    this.rx = new Direction(side === 'client' ? server : client);
    this.tx = new Direction(side === 'client' ? client : server);
  }

  /** The frames that the bytes of an event complete; `undefined` for other events, and for a direction that is cut no more. */
  cut(event: WireEvent): CutFrames | undefined {
    const { kind, bytes, data } = event;
    if (kind === 'gap' || kind === 'tls') {
      for (const direction of [this.rx, this.tx]) direction.stop('bytes are missing');
      return undefined;
    }
    if (kind !== 'rx' && kind !== 'tx') return undefined;
    const direction = kind === 'rx' ? this.rx : this.tx;
    if (data === undefined || data.length !== bytes) direction.stop('bytes are missing');
    return direction.push(data);
  }
}

class Direction {
  private readonly chunks = new Subject<Uint8Array>();
  private frames: unknown[] = [];
  private problem: string | undefined;
  private told = false;

  constructor(framing: Framing) {
    this.chunks.pipe(framing).subscribe({
      next: (frame) => this.frames.push(frame),
      error: (error: unknown) => this.stop(error instanceof Error ? error.message : String(error)),
    });
  }

  stop(problem: string): void {
    this.problem ??= problem;
  }

  push(data: Uint8Array | undefined): CutFrames | undefined {
    if (this.told) return undefined;
    // The bytes belong to the log: frames may be views of them.
    if (this.problem === undefined && data !== undefined) this.chunks.next(data);
    const { frames, problem } = this;
    this.frames = [];
    if (problem === undefined) return { frames };
    this.told = true;
    return { frames, problem };
  }
}
