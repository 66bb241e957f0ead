import type { Transport, TransportEvents } from '../../src/transports/Transport';

/** A transport that a spec controls: it decides when a turn ends, when a write is done, and what arrives. */
export interface HandTransport extends Transport {
  /** What was written, one string for each call. */
  readonly writes: string[];
  /** `'pause'`, `'resume'`, `'end'`, `'destroy'`, `'reset'`, in order. */
  readonly asked: string[];
  readonly events: TransportEvents;
  /** Whether a write or FIN is in flight. */
  readonly busy: boolean;
  /** The end of a turn of the event loop: deferred tasks run. */
  turn(): void;
  /** The kernel takes the write in flight, or FIN. */
  take(): void;
}

export function handTransport(): HandTransport {
  const deferred: (() => void)[] = [];
  const underWay: (() => void)[] = [];
  const writes: string[] = [];
  const asked: string[] = [];
  const ask = (what: string) => () => void asked.push(what);
  let opened: TransportEvents;
  return {
    writes,
    asked,
    get events() {
      return opened;
    },
    get busy() {
      return underWay.length > 0;
    },
    open: (events) => {
      opened = events;
    },
    pause: ask('pause'),
    resume: ask('resume'),
    destroy: ask('destroy'),
    reset: ask('reset'),
    write: (chunks, done) => {
      if (underWay.length > 0) throw new Error('Cannot write: one write at a time');
      writes.push(Buffer.concat(chunks).toString());
      underWay.push(done);
    },
    end: (done) => {
      asked.push('end');
      underWay.push(done);
    },
    defer: (task) => void deferred.push(task),
    info: (name) => `the ${name}`,
    turn: () => {
      for (const task of deferred.splice(0)) task();
    },
    take: () => {
      const done = underWay.shift();
      if (done === undefined) throw new Error('Cannot take anything: no write is under way');
      done();
    },
  };
}
