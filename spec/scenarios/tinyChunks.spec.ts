// Proves that many tiny chunks cost memory for their bytes only, and that they stay correct when they are joined.
import { ByteBuffer, Connection } from '../../src';
import { random } from '../../src/testing/random';
import { handTransport } from '../support/handTransport';
import { bytesInUse } from '../support/resources';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A chunk as a socket delivers it: in its own memory. */
const chunkOf = (bytes: string) => {
  const chunk = Buffer.from(new ArrayBuffer(bytes.length));
  chunk.write(bytes);
  return chunk;
};

describe('a flood of tiny chunks', () => {
  it('uses memory for its bytes, not for its chunks, while nobody reads', async () => {
    const transport = handTransport();
    const { reader } = new Connection(transport);
    const before = await bytesInUse();
    for (let i = 0; i < 128 * KIB; i++) transport.events.onData(chunkOf('x'));
    expect(transport.asked).toEqual([]);
    transport.events.onData(chunkOf('x'));
    expect(transport.asked).toEqual(['pause']);
    // 128 KiB and the cost of a few chunks; kept one by one they need more than 20 MiB.
    expect((await bytesInUse()) - before).toBeLessThan(2 * MIB);
    expect((await reader.readExactly(128 * KIB + 1)).equals(Buffer.alloc(128 * KIB + 1, 'x'))).toBe(true);
  });

  it('uses memory for its bytes while it is echoed and the echo is not read', async () => {
    const transport = handTransport();
    const { reader, writer } = new Connection(transport);
    reader.subscribe(writer);
    const before = await bytesInUse();
    for (let i = 0; i < 150_000; i++) transport.events.onData(chunkOf('x'));
    transport.turn();
    expect(writer.bufferedAmount).toBe(150_000);
    expect((await bytesInUse()) - before).toBeLessThan(8 * MIB);
    while (writer.bufferedAmount > 0) transport.take();
    expect(transport.writes.join('') === 'x'.repeat(150_000)).toBe(true);
  });

  it('is read as it was sent, for any reads in between and any cuts', () => {
    const next = random(1);
    const buffer = new ByteBuffer();
    let model = '';
    let sent = 0;
    const kept: [Buffer, string][] = [];
    for (let step = 0; step < 6000; step++) {
      const size = next(100) === 0 ? 600 + next(2000) : 1 + next(next(10) === 0 ? 500 : 20);
      let text = '';
      while (text.length < size) text += next(7) === 0 ? '\n' : String.fromCharCode(97 + (sent++ % 26));
      buffer.append(chunkOf(text));
      model += text;
      if (next(40) > 0) continue;
      const from = next(model.length);
      expect(buffer.indexOf('\n', from)).toBe(model.indexOf('\n', from));
      expect(buffer.indexOf('z\na')).toBe(model.indexOf('z\na'));
      expect(`${buffer.peek(40, from)}`).toBe(model.slice(from, from + 40));
      expect(buffer.at(from)).toBe(model.charCodeAt(from));
      const taken = next(4) === 0 ? model.length : next(model.length);
      kept.push([buffer.take(taken), model.slice(0, taken)]);
      model = model.slice(taken);
      expect(buffer.length).toBe(model.length);
    }
    // Later chunks do not overwrite the frames that were taken.
    for (const [frame, text] of kept) expect(`${frame}` === text).toBe(true);
  });

  it('is written unchanged, with larger chunks in between, across the marks and an upgrade', () => {
    const next = random(2);
    const transport = handTransport();
    const { writer } = new Connection(transport);
    let expected = '';
    let fence = -1;
    let taken = 0;
    const take = () => {
      if (transport.writes.length === taken) transport.turn();
      taken++;
      transport.take();
    };
    for (let step = 0; step < 20_000; step++) {
      const text = String.fromCharCode(97 + (step % 26)).repeat(next(200) === 0 ? 513 + next(3000) : 1 + next(30));
      expected += text;
      writer.write(next(2) === 0 ? text : chunkOf(text));
      if (step === 10_000) {
        // Like `startTls`: the bytes written before leave, the rest waits.
        fence = expected.length;
        writer.suspend(() => {});
      }
      if (next(500) === 0) transport.turn();
      if (next(3000) === 0 && transport.writes.length > taken) take();
    }
    while (writer.bytesWritten < fence) take();
    expect(transport.writes.join('') === expected.slice(0, fence)).toBe(true);
    writer.resume(transport);
    while (writer.bufferedAmount > 0) take();
    expect(transport.writes.join('') === expected).toBe(true);
  });
});
