// Proves that both versions are read from one stream, and that whatever arrives, the decoder holds at most 536 bytes of it and
// throws nothing but its two errors.
import { verifyDecoder } from 'rxjs-tcp/testing';
import { ByteBuffer, InvalidFrameError, LimitOverrunError } from '../../../src';
import type { ProxyHeader } from '../../../src/codecs/proxy/ProxyHeader';
import { proxyCodec } from '../../../src/codecs/proxy/proxyCodec';
import { random } from '../../../src/testing/random';
import { runs } from '../../support/runs';

const source = { address: '192.0.2.1', port: 56_324 };
const destination = { address: '198.51.100.1', port: 443 };
const text: ProxyHeader = { version: 1, local: false, source, destination, tlvs: {} };
const binary: ProxyHeader = {
  version: 2,
  local: false,
  source,
  destination,
  tlvs: { authority: 'example.org', tls: { encrypted: true, verified: false, version: 'TLSv1.3' }, crc32c: true },
};

describe('proxyCodec', () => {
  it('reads and writes both versions in any cut', () => {
    verifyDecoder(proxyCodec, [
      [Buffer.from(proxyCodec.encode(text)), text],
      [Buffer.from(proxyCodec.encode(binary)), binary],
      [Buffer.from('PROXY UNKNOWN\r\n'), { version: 1, local: false, tlvs: {} }],
      [Buffer.from('GET / HTTP/1.1\r\n'), new InvalidFrameError('there is no PROXY header', 0)],
    ]);
  });

  it('holds less than 536 bytes of whatever arrives, and throws only its two errors', () => {
    const below = random(23);
    const seeds = [text, binary, { version: 2, local: true, tlvs: {} } as const].map((header) =>
      proxyCodec.encode(header),
    );
    const results = { headers: 0, wrong: 0, long: 0, undecided: 0 };
    for (let run = runs(20_000, 1_000_000); run > 0; run--) {
      const bytes = disturbed(seeds[below(seeds.length)] as Uint8Array, below);
      results[feed(bytes, below)]++;
    }
    for (const count of Object.values(results)) expect(count).toBeGreaterThan(200);
  });
});

type Below = (below: number) => number;

/** A header with some bytes changed, taken away or put in, and with others behind it. */
function disturbed(header: Uint8Array, below: Below): Buffer {
  const tail = Buffer.alloc(below(3) === 0 ? below(700) : below(8), below(256));
  const bytes = Buffer.concat([header, tail]);
  for (let left = below(4); left > 0; left--) bytes[below(header.length)] = below(256);
  // The length of version 2.
  if (below(4) === 0) bytes[15] = below(256);
  const [from, to] = [below(header.length), below(header.length)];
  return below(3) === 0 ? Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]) : bytes;
}

/** Decodes one header from chunks of any size. */
function feed(bytes: Buffer, below: Below): 'headers' | 'wrong' | 'long' | 'undecided' {
  const buffer = new ByteBuffer();
  for (let at = 0, size = 0; at < bytes.length; at += size) {
    size = 1 + below(100);
    buffer.append(bytes.subarray(at, at + size));
    const before = buffer.length;
    try {
      const header = proxyCodec.decode(buffer, false);
      if (header !== undefined) {
        if (before - buffer.length > 536) throw new Error(`Cannot hold ${before - buffer.length} bytes`);
        return 'headers';
      }
    } catch (error) {
      if (error instanceof InvalidFrameError) return 'wrong';
      if (error instanceof LimitOverrunError) return 'long';
      throw new Error(`Cannot go on with ${bytes.toString('hex')}`, { cause: error });
    }
    if (buffer.length !== before || buffer.length >= 536) throw new Error(`Cannot hold ${buffer.length} bytes`);
  }
  return 'undecided';
}
