/**
 * The live terminal: draws the taps at most 20 times a second, and only if something has changed.
 *
 *     keys ──► readKeys ──► onKey ──► the next ViewState, or an action
 *     taps ──► ViewConnections ──► draw ──► lines ──► ScreenWriter: the lines that have changed
 */
import { FrameLog } from '../frames/FrameLog';
import type { Framings } from '../frames/loadFraming';
import { showFrame } from '../frames/showFrame';
import type { TappedConnection, Taps } from '../Taps';
import type { WireEvent } from '../WireEvent';
import { draw, type Scene, type Size } from './draw';
import { LiveView } from './LiveView';
import { onKey } from './onKey';
import { readKeys } from './readKeys';
import { ScreenWriter } from './ScreenWriter';
import { initialViewState, type ViewConnection, type ViewState } from './ViewState';

/** Milliseconds between two drawings: 20 a second. */
const PAUSE = 50;

/** What the terminal needs of the program. */
export interface TerminalOptions {
  readonly title: string;
  readonly coloured: boolean;
  readonly framings: Framings | undefined;
  write(text: string): void;
  size(): Size;
  /** The user wants to end. */
  quit(): void;
  /** Writes a connection as a test. Returns the name of the file, or throws. */
  copy(connection: TappedConnection, as: 'script' | 'marbles'): string;
}

export class Terminal {
  private state: ViewState = initialViewState();
  private readonly screen: ScreenWriter;
  private readonly timer: NodeJS.Timeout;
  private readonly views = new WeakMap<TappedConnection, LiveView>();
  private cut:
    | { readonly id: number; readonly last: WireEvent | undefined; readonly frames: Map<number, string> }
    | undefined;

  constructor(
    private readonly taps: Taps,
    private readonly options: TerminalOptions,
  ) {
    this.screen = new ScreenWriter(options.write, options.coloured);
    this.timer = setInterval(() => this.redraw(), PAUSE);
    this.redraw();
  }

  /** What the user has typed. */
  input(text: string): void {
    for (const key of readKeys(text)) {
      const { state, action } = onKey(this.state, key, this.scene(), this.options.size());
      this.state = state;
      if (action?.what === 'quit') this.options.quit();
      if (action?.what === 'copy') this.copy(action.connection, action.as);
    }
    this.redraw();
  }

  /** A line at the bottom, until the next key. */
  say(message: string): void {
    this.state = { ...this.state, message };
  }

  /** Brings the screen from before back. */
  close(): void {
    clearInterval(this.timer);
    this.screen.leave();
  }

  private redraw(): void {
    const size = this.options.size();
    this.screen.show(draw(this.state, this.scene(), size), size);
  }

  private scene(): Scene {
    const connections = Array.from(this.taps.connections.values(), (tapped) => this.viewOf(tapped));
    const { framings, title } = this.options;
    const open = this.state.screen === 'detail' ? connections.find(({ id }) => id === this.state.chosen) : undefined;
    const frames = framings && open && this.framesOf(open, framings);
    return { title, connections, now: Date.now() * 1000, frames };
  }

  private viewOf(tapped: TappedConnection): LiveView {
    let view = this.views.get(tapped);
    if (view === undefined) {
      view = new LiveView(tapped);
      this.views.set(tapped, view);
    }
    return view;
  }

  /** The frames of the open connection. They are cut again when there are more events. */
  private framesOf({ id, events, side }: ViewConnection, framings: Framings): ReadonlyMap<number, string> {
    const last = events.at(-1);
    if (this.cut?.id !== id || this.cut.last !== last) {
      const log = new FrameLog(framings, side);
      const frames = new Map<number, string>();
      for (const event of events) {
        const whole = log.cut(event)?.frames ?? [];
        if (whole.length > 0) frames.set(event.seq, whole.map((frame) => showFrame(frame, 200)).join('  '));
      }
      this.cut = { id, last, frames };
    }
    return this.cut.frames;
  }

  private copy(id: number, as: 'script' | 'marbles'): void {
    const connection = this.taps.connections.get(id);
    if (connection === undefined) return;
    try {
      this.say(`Connection #${id} is now a test in ${this.options.copy(connection, as)}`);
    } catch (error) {
      this.say(`Cannot write the test: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
