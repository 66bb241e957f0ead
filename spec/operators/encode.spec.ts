// Proves that values become the bytes that a codec returns for them, and that a value it refuses is an error of the
// stream.
import { concat, NEVER, of, throwError } from 'rxjs';
import { connectionPair, decode, delimited, type Encoder, encode, lengthPrefixed, ndjson, writeTo } from '../../src';
import { runMarbles } from '../../src/testing';
import { record, text } from '../support/record';

/** Returns strings, so that they compare. */
const shouting: Encoder<string> = { encode: (value) => `${value}!` as unknown as Uint8Array };

describe('encode', () => {
  it.each([
    ['never', '-', '-', '^'],
    ['empty', '--|', '--|', '^-!'],
    ['one and many', '-a-(bc)|', '-A-(BC)|', '^------!'],
    ['an error of the source', '-a-#', '-A-#', '^--!'],
  ])('%s', (_, source, emitted, subscribed) => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const values = cold(source);
      expectObservable(values.pipe(encode(shouting))).toBe(emitted, { A: 'a!', B: 'b!', C: 'c!' });
      expectSubscriptions(values.subscriptions).toBe(subscribed);
    });
  });

  it('unsubscribes from the source at once', () => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const values = cold('-a-b-c');
      expectObservable(values.pipe(encode(shouting)), '^--!').toBe('-A', { A: 'a!' });
      expectSubscriptions(values.subscriptions).toBe('^--!');
    });
  });

  it('errors when the encoder throws, and unsubscribes from the source', () => {
    const { seen, subscription } = record(
      concat(of(Buffer.from('a'), Buffer.from('b\0')), NEVER).pipe(encode(delimited('\0'))),
    );
    expect(seen).toEqual(['a\0', '# InvalidFrameError']);
    expect(subscription.closed).toBe(true);
  });

  it('passes on the error of the source', () => {
    expect(record(throwError(() => new Error('gone')).pipe(encode(ndjson()))).seen).toEqual(['# gone']);
  });

  it('writes values that decode reads', async () => {
    const [one, other] = connectionPair();
    const received: string[] = [];
    const done = new Promise<void>((resolve) => {
      other.reader
        .pipe(decode(lengthPrefixed({ bytes: 'varint' })))
        .subscribe({ next: (frame) => received.push(text(frame)), complete: resolve });
    });
    of(Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(300, 'x'))
      .pipe(encode(lengthPrefixed({ bytes: 'varint' })), writeTo(one.writer, { end: true }))
      .subscribe();
    await done;
    expect(received).toEqual(['a', '', 'x'.repeat(300)]);
    other.writer.complete();
    await Promise.all([one.closed, other.closed]);
  });

  it.each([undefined, null, {}, () => Buffer.alloc(0), { encode: 'x' }])('throws for %p', (encoder) => {
    expect(() => encode(encoder as never)).toThrow(TypeError);
    expect(() => encode(encoder as never)).toThrow('must be an Encoder');
  });
});
