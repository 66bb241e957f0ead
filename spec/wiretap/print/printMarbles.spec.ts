// Proves that the diagram is legible in 80 columns, whatever the bytes are, and that no byte of the peer reaches a terminal.

import { random } from '../../../src/testing/random';
import type { WireEvent } from '../../../src/wiretap';
import { printMarbles } from '../../../src/wiretap/print/printMarbles';

const at = (time: number, kind: WireEvent['kind'], more: Partial<WireEvent> = {}): WireEvent => ({
  seq: 0,
  time,
  connection: 3,
  kind,
  ...more,
});
const bytes = (text: string) => ({ bytes: Buffer.byteLength(text), data: Buffer.from(text) });

describe('printMarbles', () => {
  it('has a column for each event, dashes for time, and the bytes of the letters', () => {
    const diagram = printMarbles([
      at(0, 'open', { local: '127.0.0.1:5000', remote: '127.0.0.1:6379' }),
      at(10, 'tx', bytes('PING\r\n')),
      at(20, 'sent', { bytes: 6 }),
      at(30, 'pressure'),
      at(400, 'drained'),
      at(5_000, 'rx', bytes('PONG\r\n')),
      at(5_010, 'paused'),
      at(5_020, 'resumed'),
      at(5_030, 'tx', bytes('PING\r\n')),
      at(5_040, 'tls', { side: 'client' }),
      at(6_000_000, 'rx', bytes('PONG\r\n')),
      at(6_000_010, 'fin-out'),
      at(6_000_020, 'fin-in'),
      at(6_000_030, 'close', { by: 'local' }),
    ]);
    expect(diagram.split('\n')).toEqual([
      '#3 127.0.0.1:5000 → 127.0.0.1:6379',
      '',
      '        0.010 ms  rx  ------b[]-=-----b-|.',
      '                  tx  a[-]-----a=------|-.',
      "  a  tx       6 bytes  'PING\\r\\n'",
      "  b  rx       6 bytes  'PONG\\r\\n'",
      '',
    ]);
  });

  it('shows a reset, a gap, bytes that were not kept, and those that were cut', () => {
    const diagram = printMarbles([
      at(0, 'gap', { bytes: 500 }),
      at(0, 'rx', { bytes: 9 }),
      at(0, 'rx', { bytes: 9, data: Buffer.from('abc') }),
      at(0, 'reset', { by: 'peer' }),
    ]);
    expect(diagram.split('\n').slice(1)).toEqual([
      '        0.000 ms  rx  …ab#',
      '                  tx  …--#',
      '  a  rx       9 bytes  (not kept)',
      "  b  rx       9 bytes  'abc' …",
      '',
    ]);
  });

  it('is never wider than 80 columns, and has no control characters, for any bytes', () => {
    for (let seed = 0; seed < 100; seed++) {
      const below = random(seed);
      let time = 0;
      const events = Array.from({ length: 200 }, () => {
        time += below(2) * 10 ** below(8);
        const kinds = ['rx', 'tx', 'sent', 'paused', 'resumed', 'pressure', 'tls', 'gap'] as const;
        const kind = kinds[below(kinds.length)]!;
        const text = ['\x1b[2J\x07', '\u2028\u202e\u2066', '日本語', '\u{1f600}', 'plain text ', '\0', '\u0085\u009b'][
          below(7)
        ]!;
        const data =
          below(4) > 0
            ? Buffer.from(text.repeat(1 + below(30)))
            : Buffer.from(Array.from({ length: below(99) }, () => below(256)));
        return at(time, kind, { bytes: data.length, data });
      });
      const diagram = printMarbles(events);
      expect(diagram.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      for (const line of diagram.split('\n')) {
        const width = [...line].reduce((sum, one) => sum + (one >= '\u1100' && one !== '…' && one !== '→' ? 2 : 1), 0);
        expect(width).toBeLessThanOrEqual(80);
      }
    }
  });
});
