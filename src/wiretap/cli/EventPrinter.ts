import { showBytes } from '../../bytes/showBytes';
import { FrameLog } from '../frames/FrameLog';
import type { Framings } from '../frames/loadFraming';
import { showFrame } from '../frames/showFrame';
import { describeEvent } from '../print/describeEvent';
import { PcapngWriter } from '../print/PcapngWriter';
import { printHex } from '../print/printHex';
import { printJsonLines } from '../print/printJsonLines';
import type { NamedConnection } from '../Taps';
import type { WireEvent } from '../WireEvent';
import type { BoundedOutput } from './BoundedOutput';
import type { PrintFormat } from './CommandOptions';
import { EventWriter } from './EventWriter';
import { StretchPrinter } from './StretchPrinter';

/** The width of text that is printed. */
const COLUMNS = 80;
/** The width of frames in the legend of a diagram. */
const FRAME_COLUMNS = 50;

/** Prints the events of all connections to an output, as they come. */
export class EventPrinter {
  private readonly stretches: StretchPrinter | undefined;
  private readonly writer: EventWriter | undefined;
  private readonly logs = new Map<number, FrameLog>();
  /** The frames that the newest events have completed. */
  private readonly frames = new WeakMap<WireEvent, string[]>();
  private refused = 0;

  constructor(
    private readonly output: BoundedOutput,
    private readonly format: PrintFormat,
    private readonly framings: Framings | undefined,
  ) {
    if (format === 'marbles') this.stretches = new StretchPrinter((block) => this.print(block));
    else this.writer = new EventWriter(output, this.formatter());
  }

  event(event: WireEvent, connection: NamedConnection): void {
    const { kind } = event;
    const isRead = this.format === 'marbles' || this.format === 'text';
    if (this.framings !== undefined && isRead) this.cut(event, connection, this.framings);
    // What is written is soon sent. Programs that read the log get all events.
    if (kind === 'sent' && this.format !== 'jsonl') return;
    const show = (one: WireEvent) => {
      const frames = this.frames.get(one);
      return frames && showFrame(frames.join('  '), FRAME_COLUMNS);
    };
    if (this.stretches !== undefined) this.stretches.event(event, connection, this.framings && show);
    else this.writer?.write(event);
  }

  /** Ten times a second. */
  tick(): void {
    this.stretches?.tick();
  }

  finish(): void {
    this.stretches?.finish();
    this.writer?.finish();
  }

  private print(block: string): void {
    const note = this.refused === 0 ? '' : `(${this.refused} blocks were not printed: the output is too slow)\n\n`;
    if (this.output.write(note + block)) this.refused = 0;
    else this.refused++;
  }

  private formatter(): (event: WireEvent) => string | Uint8Array {
    switch (this.format) {
      case 'jsonl':
        return (event) => printJsonLines([event]);
      case 'hex':
        return (event) => printHex([event]);
      case 'pcapng': {
        const writer = new PcapngWriter();
        this.output.write(writer.head());
        return (event) => writer.event(event);
      }
      default:
        return (event) => `${describeEvent(event)}\n${this.content(event)}`;
    }
  }

  private content(event: WireEvent): string {
    const { data, kind } = event;
    if (kind !== 'rx' && kind !== 'tx') return '';
    const arrow = kind === 'tx' ? '>' : '<';
    const frames = this.frames.get(event);
    if (frames !== undefined) return frames.map((frame) => `  ${arrow} ${frame}\n`).join('');
    if (data === undefined) return '';
    const text = showBytes(data);
    const width = COLUMNS - 4;
    let lines = '';
    for (let at = 0; at < text.length; at += width) lines += `  ${arrow} ${text.slice(at, at + width)}\n`;
    return lines;
  }

  private cut(event: WireEvent, { id, side = 'client' }: NamedConnection, framings: Framings): void {
    let log = this.logs.get(id);
    if (log === undefined) {
      log = new FrameLog(framings, side);
      this.logs.set(id, log);
    }
    const cut = log.cut(event);
    if (event.kind === 'close') this.logs.delete(id);
    if (cut === undefined) return;
    const shown = cut.frames.map((frame) => showFrame(frame, COLUMNS - 4));
    if (cut.problem !== undefined) shown.push(`(no frames any more: ${showFrame(cut.problem, COLUMNS - 30)})`);
    if (shown.length === 0) shown.push('(part of a frame)');
    this.frames.set(event, shown);
  }
}
