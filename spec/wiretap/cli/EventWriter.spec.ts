// Proves that an output that is too slow costs events, and never silently: what is written and the gaps are all that came.
import { Writable } from 'node:stream';
import { BoundedOutput } from '../../../src/wiretap/cli/BoundedOutput';
import { EventWriter } from '../../../src/wiretap/cli/EventWriter';
import type { WireEvent } from '../../../src/wiretap/WireEvent';
import { turns } from '../../support/until';

/** A stream that takes one chunk at a time, when it is told to. */
function slowStream() {
  const taken: string[] = [];
  let go: (() => void) | undefined;
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _, done) {
      taken.push(`${chunk}`);
      go = done;
    },
  });
  return {
    stream,
    taken,
    step: async () => {
      const done = go;
      go = undefined;
      done?.();
      await turns(1);
    },
  };
}

const event = (seq: number, connection = 1): WireEvent => ({ seq, time: 10 * seq, connection, kind: 'rx', bytes: 5 });
const show = ({ seq, time, connection, kind, bytes }: WireEvent) => `${connection}:${kind} ${seq} ${time} ${bytes};`;

describe('EventWriter', () => {
  it('writes events, and a gap for those that the output has refused', async () => {
    const { stream, taken, step } = slowStream();
    const writer = new EventWriter(new BoundedOutput(stream, 30), show);
    for (let seq = 0; seq < 10; seq++) writer.write(event(seq));
    for (let i = 0; i < 5; i++) await step();
    writer.write(event(10));
    for (let i = 0; i < 5; i++) await step();
    const written = taken.join('').split(';');
    expect(written.slice(0, 3)).toEqual(['1:rx 0 0 5', '1:rx 1 10 5', '1:rx 2 20 5']);
    expect(written.slice(3, 5)).toEqual(['1:gap 3 90 35', '1:rx 10 100 5']);
  });

  it('keeps the gaps of connections apart, and writes those that are due at the end', async () => {
    const { stream, taken, step } = slowStream();
    const writer = new EventWriter(new BoundedOutput(stream, 1), show);
    writer.write(event(0, 1));
    writer.write(event(0, 2));
    writer.write(event(1, 1));
    await step();
    writer.finish();
    await step();
    writer.finish();
    await step();
    expect(taken.join('').split(';').slice(0, 3)).toEqual(['1:rx 0 0 5', '2:gap 0 0 5', '1:gap 1 10 5']);
  });

  it('writes nothing to a stream that has failed, and tells that once', async () => {
    const stream = new Writable({ write: (_, __, done) => done(new Error('full')) });
    const output = new BoundedOutput(stream, 100);
    const writer = new EventWriter(output, show);
    writer.write(event(0));
    expect((await output.failed).message).toBe('full');
    writer.write(event(1));
    writer.finish();
    await output.flush();
    expect(output.hasRoom).toBe(false);
  });
});
