/** One end of a packet. */
interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A TCP segment. */
export interface Packet {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  /** The bytes that are known: the first ones of `length`. */
  readonly data: Uint8Array;
  readonly length: number;
}

const TCP = 6;
const TCP_HEADER = 20;

/** A segment as a packet of IPv4 or IPv6, as its addresses are. The bytes that are not known count as zeros in its checksum. */
export function ipPacket({ from, to, seq, ack, flags, data, length }: Packet): Buffer {
  const tcp = Buffer.alloc(TCP_HEADER + data.length);
  tcp.writeUInt16BE(from.port, 0);
  tcp.writeUInt16BE(to.port, 2);
  tcp.writeUInt32BE(seq, 4);
  tcp.writeUInt32BE(ack, 8);
  tcp.writeUInt8((TCP_HEADER / 4) << 4, 12);
  tcp.writeUInt8(flags, 13);
  tcp.writeUInt16BE(0xffff, 14);
  tcp.set(data, TCP_HEADER);
  const size = TCP_HEADER + length;
  const six = from.address.includes(':');
  const [source, target] = [from, to].map(({ address }) => (six ? bytesOfV6(address) : bytesOfV4(address))) as [
    Buffer,
    Buffer,
  ];
  tcp.writeUInt16BE(checksum(source, target, Buffer.from([0, TCP, size >> 8, size & 0xff]), tcp), 16);
  const head = Buffer.alloc(six ? 8 : 12);
  if (six) {
    head.writeUInt8(0x60, 0);
    head.writeUInt16BE(size, 4);
    head.writeUInt8(TCP, 6);
    head.writeUInt8(64, 7);
  } else {
    head.writeUInt8(0x45, 0);
    head.writeUInt16BE(20 + size, 2);
    // It may not be cut into fragments.
    head.writeUInt16BE(0x4000, 6);
    head.writeUInt8(64, 8);
    head.writeUInt8(TCP, 9);
    head.writeUInt16BE(checksum(head, source, target), 10);
  }
  return Buffer.concat([head, source, target, tcp]);
}

/** The checksum of the Internet. Each part but the last has an even number of bytes. */
function checksum(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i + 1 < part.length; i += 2) sum += part.readUInt16BE(i);
    if (part.length % 2 === 1) sum += (part.at(-1) as number) << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function bytesOfV4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function bytesOfV6(address: string): Buffer {
  const [start = '', end] = address.split('::');
  const [before, after] = [wordsOf(start), wordsOf(end ?? '')];
  const zeros = Buffer.alloc(end === undefined ? 0 : 16 - before.length - after.length);
  return Buffer.concat([before, zeros, after]);
}

/** The words of a part of an IPv6 address. The last one may be an IPv4 address. */
function wordsOf(part: string): Buffer {
  const words = part === '' ? [] : part.split(':');
  return Buffer.concat(
    words.map((word) => (word.includes('.') ? bytesOfV4(word) : Buffer.from(word.padStart(4, '0'), 'hex'))),
  );
}
