import { inspect } from 'node:util';
import { FrameLog } from '../../../src/wiretap/frames/FrameLog';
import { type Framings, loadFraming } from '../../../src/wiretap/frames/loadFraming';
import { showFrame } from '../../../src/wiretap/frames/showFrame';
import type { WireEvent } from '../../../src/wiretap/WireEvent';

const event = (kind: WireEvent['kind'], text?: string, bytes = text?.length): WireEvent => ({
  seq: 0,
  time: 0,
  connection: 1,
  kind,
  ...(bytes !== undefined && { bytes }),
  ...(text !== undefined && { data: Buffer.from(text) }),
});

const framing = async (name: string) => (await loadFraming(name, '/')) as Framings;

describe('FrameLog', () => {
  it('cuts both directions, each by itself, and tells which event completes a frame', async () => {
    const log = new FrameLog(await framing('lines'), 'client');
    expect(log.cut(event('open'))).toBeUndefined();
    expect(log.cut(event('tx', 'one\ntw'))).toEqual({ frames: ['one'] });
    expect(log.cut(event('rx', 'he'))).toEqual({ frames: [] });
    expect(log.cut(event('tx', 'o\n'))).toEqual({ frames: ['two'] });
    expect(log.cut(event('rx', 'llo\n\n'))).toEqual({ frames: ['hello', ''] });
  });

  it.each<[string, WireEvent]>([
    ['a gap', event('gap', undefined, 100)],
    ['a handshake of TLS', event('tls')],
    ['a chunk that was cut', event('tx', 'ab', 9)],
  ])('stops at %s: frames would be wrong, and tells it once', async (_, missing) => {
    const log = new FrameLog(await framing('lines'), 'client');
    log.cut(event('tx', 'one'));
    const cut = log.cut(missing) ?? log.cut(event('tx', 'two\n'));
    expect(cut).toEqual({ frames: [], problem: 'bytes are missing' });
    expect(log.cut(event('tx', 'three\n'))).toBeUndefined();
  });

  it('stops at bytes that are no frame, with the reason', async () => {
    const log = new FrameLog(await framing('redis'), 'server');
    expect(log.cut(event('rx', '+OK\r\n'))).toEqual({ frames: ['OK'] });
    expect(log.cut(event('rx', '$x\r\n'))).toMatchObject({ problem: expect.stringContaining('"x" is no length') });
  });
});

describe('loadFraming', () => {
  it('knows frames with a length', async () => {
    const log = new FrameLog(await framing('length:2'), 'client');
    const cut = log.cut(event('rx', '\0\x03abc'));
    expect(cut?.frames.map((frame) => showFrame(frame, 20))).toEqual(["'abc'"]);
  });

  it('knows no other names', async () => {
    expect(await loadFraming('length:3', '/')).toBeUndefined();
    expect(await loadFraming('resp', '/')).toBeUndefined();
  });
});

describe('showFrame', () => {
  it.each([
    ['text', 'SET a b', 'SET a b'],
    ['text that a terminal would obey', '\x1b[31m\u202e\u2028', '\\u{1b}[31m\\u{202e}\\u{2028}'],
    ['bytes', Buffer.from('a\r\n'), "'a\\r\\n'"],
    ['an object', { id: 1, body: 'x' }, "{ id: 1, body: 'x' }"],
    [
      'an object that can not be shown',
      {
        [inspect.custom]() {
          throw new Error('no');
        },
      },
      '(a frame that cannot be shown)',
    ],
    ['a long text', 'x'.repeat(100), `${'x'.repeat(39)}…`],
  ])('shows %s in one line', (_, frame, expected) => expect(showFrame(frame, 40)).toBe(expected));
});
