import type { ByteBuffer } from '../../bytes/ByteBuffer';
import { InvalidFrameError, LimitOverrunError } from '../../errors';
import { crc32c } from './crc32c';
import { ipAddress } from './ipAddress';
import type { ProxyEndpoint, ProxyHeader } from './ProxyHeader';
import { proxySignature } from './proxySignature';
import { tlvs } from './tlvs';

/** The longest header: every network passes so many bytes on in one piece. */
const MAX_LENGTH = 536;
/** What comes before the addresses: signature, version and command, family, length. */
const PREFIX = 16;
const COMMAND = 12;
const FAMILY = 13;
const LENGTH = 14;
const PATH = 108;

/** The bytes of one address without its port, by family. */
const WIDTHS = [0, 4, 16, PATH] as const;
const INET = 1;
const INET6 = 2;
const UNIX = 3;
const DATAGRAM = 2;
/** The family and the protocol that go together. */
const FAMILIES: ReadonlySet<number> = /* @__PURE__ */ new Set([0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32]);

/**
 * Version 2 of the PROXY protocol:
 *
 *     12          1               1        2        as many bytes as the length says
 *     [ signature | version, what | family | length ][ addresses | ports | fields: type, length, value … ]
 */
export const binaryHeader = {
  /** Takes one header off the front; the buffer begins with its signature. */
  decode(buffer: ByteBuffer): ProxyHeader | undefined {
    const prefix = buffer.peek(PREFIX);
    const command = prefix[COMMAND];
    const family = prefix[FAMILY];
    if (command !== undefined && command !== 0x20 && command !== 0x21) {
      throw new InvalidFrameError('the version and the command are neither LOCAL nor PROXY of version 2', COMMAND);
    }
    const local = command === 0x20;
    if (family !== undefined && !local && !FAMILIES.has(family)) {
      throw new InvalidFrameError('the protocol does not exist', FAMILY);
    }
    if (prefix.length < PREFIX) return undefined;
    const length = PREFIX + prefix.readUInt16BE(LENGTH);
    if (length > MAX_LENGTH) throw new LimitOverrunError(MAX_LENGTH, length);
    const start = PREFIX + (local ? 0 : addressLength((family as number) >> 4));
    if (length < start) throw new InvalidFrameError('the length is too small for the addresses', LENGTH);
    const whole = buffer.look(length, 0);
    if (whole === undefined) return undefined;
    const header = local ? LOCAL : parse(whole, family as number, start);
    buffer.skip(length);
    return header;
  },

  /** @throws `TypeError` or `RangeError` for what a header can't say; `LimitOverrunError` for one that is too long. */
  encode({ local, source, destination, datagram, tlvs: fields }: ProxyHeader): Buffer {
    const known = source !== undefined && destination !== undefined;
    const [family, addresses] = known && !local ? encodeAddresses(source, destination) : [0, Buffer.alloc(0)];
    const prefix = Buffer.alloc(PREFIX);
    prefix.set(proxySignature[2]);
    prefix[COMMAND] = local ? 0x20 : 0x21;
    prefix[FAMILY] = family === 0 ? 0 : family * 16 + (datagram ? DATAGRAM : 1);
    const whole = Buffer.concat([prefix, addresses, local ? Buffer.alloc(0) : tlvs.encode(fields)]);
    if (whole.length > MAX_LENGTH) throw new LimitOverrunError(MAX_LENGTH, whole.length);
    whole.writeUInt16BE(whole.length - PREFIX, LENGTH);
    // The checksum is the last field, and is 0 while it is computed.
    if (fields.crc32c && !local) whole.writeUInt32BE(crc32c(whole), whole.length - 4);
    return whole;
  },
};

/** All that follows is ignored, whatever it is. */
const LOCAL: ProxyHeader = { version: 2, local: true, tlvs: {} };

function addressLength(family: number): number {
  const width = WIDTHS[family] as number;
  return 2 * (family === INET || family === INET6 ? width + 2 : width);
}

function parse(whole: Buffer, code: number, start: number): ProxyHeader {
  const family = code >> 4;
  const fields = whole.subarray(start);
  // Behind no addresses there may be anything that the sender takes for addresses.
  const { known, checksumAt } = family === 0 ? whatever(fields, start) : tlvs.decode(fields, start);
  if (checksumAt !== undefined) check(whole, checksumAt);
  const header: ProxyHeader = { version: 2, local: false, tlvs: known };
  if (family === 0) return header;
  const width = WIDTHS[family] as number;
  const [from, to] = [PREFIX, PREFIX + width];
  const end = (at: number, portAt: number): ProxyEndpoint => {
    const bytes = whole.subarray(at, at + width);
    return family === UNIX
      ? { address: showPath(bytes) }
      : { address: ipAddress.show(bytes), port: whole.readUInt16BE(portAt) };
  };
  return {
    ...header,
    source: end(from, start - 4),
    destination: end(to, start - 2),
    ...((code & 15) === DATAGRAM && { datagram: true }),
  };
}

function whatever(fields: Buffer, start: number): ReturnType<typeof tlvs.decode> {
  try {
    return tlvs.decode(fields, start);
  } catch {
    return { known: {}, checksumAt: undefined };
  }
}

function check(whole: Buffer, at: number): void {
  const zeroed = Buffer.from(whole);
  zeroed.fill(0, at, at + 4);
  if (crc32c(zeroed) !== whole.readUInt32BE(at)) throw new InvalidFrameError('the checksum is wrong', at);
}

/** A path ends at the first NUL. The name of an abstract socket begins with one. */
function showPath(bytes: Buffer): string {
  const end = bytes.indexOf(0, 1);
  const path = bytes.toString('utf8', 0, end < 0 ? PATH : end);
  return path === '\0' ? '' : path;
}

function encodeAddresses(source: ProxyEndpoint, destination: ProxyEndpoint): [family: number, bytes: Buffer] {
  const paths = [source, destination].filter(({ port }) => port === undefined).length;
  if (paths === 2) return [UNIX, Buffer.concat([encodePath(source.address), encodePath(destination.address)])];
  const [from, to] = [ipAddress.parse(source.address), ipAddress.parse(destination.address)];
  if (paths === 1 || from === undefined || to === undefined || from.length !== to.length) {
    throw new TypeError('Cannot encode a PROXY header: the ends must be of one family, IPv4, IPv6 or Unix');
  }
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source.port as number, 0);
  ports.writeUInt16BE(destination.port as number, 2);
  return [from.length === 4 ? INET : INET6, Buffer.concat([from, to, ports])];
}

function encodePath(path: string): Buffer {
  const bytes = Buffer.from(path);
  if (bytes.length > PATH) throw new RangeError(`Cannot encode a path of ${bytes.length} bytes: ${PATH} fit`);
  return Buffer.concat([bytes], PATH);
}
