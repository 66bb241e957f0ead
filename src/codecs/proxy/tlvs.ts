import { InvalidFrameError } from '../../errors';
import type { ProxyTls, ProxyTlv, ProxyTlvs } from './ProxyHeader';

/** The types of the fields. */
const ALPN = 0x01;
const AUTHORITY = 0x02;
const CRC32C = 0x03;
const NOOP = 0x04;
const UNIQUE_ID = 0x05;
const TLS = 0x20;
const NETNS = 0x30;

/** The fields of text inside of the field for TLS, by type. */
const TLS_TEXTS = {
  version: 0x21,
  commonName: 0x22,
  cipher: 0x23,
  signature: 0x24,
  key: 0x25,
} as const;

/** The flags of TLS. */
const ENCRYPTED = 0x01;
const BY_CONNECTION = 0x02;
const BY_SESSION = 0x04;

const MAX_UNIQUE_ID = 128;
const CHECKSUM = 4;

interface Field extends ProxyTlv {
  readonly value: Buffer;
  /** Where its value is, in bytes from the start of the header. */
  readonly at: number;
}

/** The fields behind the addresses of a binary header: type, length, value. */
export const tlvs = {
  /**
   * @param block - The fields, up to the end of the header.
   * @param start - Where they begin, in bytes from the start of the header. It is the base of the offsets of errors.
   * @returns The fields as copies, and where the checksum is.
   */
  decode(block: Buffer, start: number): { readonly known: ProxyTlvs; readonly checksumAt: number | undefined } {
    const fields = byType(block, start);
    const id = one(fields, UNIQUE_ID);
    if (id !== undefined && id.value.length > MAX_UNIQUE_ID) {
      throw new InvalidFrameError(`the unique id has ${id.value.length} bytes, not up to ${MAX_UNIQUE_ID}`, id.at);
    }
    const checksum = one(fields, CRC32C);
    if (checksum !== undefined && checksum.value.length !== CHECKSUM) {
      throw new InvalidFrameError(`the checksum has ${checksum.value.length} bytes, not ${CHECKSUM}`, checksum.at);
    }
    const tls = one(fields, TLS);
    fields.delete(NOOP);
    const known = present<ProxyTlvs>({
      alpn: text(fields, ALPN),
      authority: text(fields, AUTHORITY),
      uniqueId: id && Buffer.from(id.value),
      crc32c: checksum && true,
      tls: tls && decodeTls(tls),
      netns: text(fields, NETNS),
      others: rest(fields, [ALPN, AUTHORITY, UNIQUE_ID, CRC32C, TLS, NETNS]),
    });
    return { known, checksumAt: checksum?.at };
  },

  /** The bytes of the fields. The checksum comes last, and is 0. */
  encode({ alpn, authority, uniqueId, tls, netns, others = [], crc32c }: ProxyTlvs): Buffer {
    if (uniqueId !== undefined && uniqueId.length > MAX_UNIQUE_ID) {
      throw new RangeError(`Cannot encode a unique id of ${uniqueId.length} bytes: it has at most ${MAX_UNIQUE_ID}`);
    }
    return Buffer.concat([
      field(ALPN, alpn),
      field(AUTHORITY, authority),
      field(UNIQUE_ID, uniqueId),
      field(TLS, tls && encodeTls(tls)),
      field(NETNS, netns),
      ...others.map(({ type, value }) => field(type, value)),
      field(CRC32C, crc32c && Buffer.alloc(CHECKSUM)),
    ]);
  },
};

function decodeTls({ value, at }: Field): ProxyTls {
  if (value.length < 5)
    throw new InvalidFrameError(`the details of TLS have ${value.length} bytes, not 5 at least`, at);
  const flags = value.readUInt8(0);
  const certificate = flags & BY_CONNECTION ? 'connection' : flags & BY_SESSION ? 'session' : undefined;
  const fields = byType(value.subarray(5), at + 5);
  const { version, commonName, cipher, signature, key } = TLS_TEXTS;
  return present<ProxyTls>({
    encrypted: (flags & ENCRYPTED) !== 0,
    certificate,
    // 0 is good. Without a certificate it says nothing.
    verified: certificate !== undefined && value.readUInt32BE(1) === 0,
    version: text(fields, version),
    commonName: text(fields, commonName),
    cipher: text(fields, cipher),
    signature: text(fields, signature),
    key: text(fields, key),
    others: rest(fields, Object.values(TLS_TEXTS)),
  });
}

function encodeTls(tls: ProxyTls): Buffer {
  const { encrypted, certificate, verified, others = [] } = tls;
  const shown = certificate === 'connection' ? BY_CONNECTION | BY_SESSION : certificate === 'session' ? BY_SESSION : 0;
  const texts = Object.entries(TLS_TEXTS).map(([name, type]) => field(type, tls[name as keyof typeof TLS_TEXTS]));
  return Buffer.concat([
    Buffer.from([(encrypted ? ENCRYPTED : 0) | shown, 0, 0, 0, verified && shown ? 0 : 1]),
    ...texts,
    ...others.map(({ type, value }) => field(type, value)),
  ]);
}

/** All fields, by type: usually one for each. */
function byType(block: Buffer, start: number): Map<number, Field[]> {
  const fields = new Map<number, Field[]>();
  for (let at = 0; at < block.length; ) {
    if (at + 3 > block.length) throw new InvalidFrameError('a field has no length', start + at);
    const type = block.readUInt8(at);
    const end = at + 3 + block.readUInt16BE(at + 1);
    if (end > block.length) throw new InvalidFrameError('a field is longer than the header', start + at + 1);
    const found: Field = { type, value: block.subarray(at + 3, end), at: start + at + 3 };
    const known = fields.get(type);
    if (known === undefined) fields.set(type, [found]);
    else known.push(found);
    at = end;
  }
  return fields;
}

/** The field of a type that may come only once: of two, a program behind another might take the other one. */
function one(fields: ReadonlyMap<number, readonly Field[]>, type: number): Field | undefined {
  const [first, second] = fields.get(type) ?? [];
  if (second !== undefined) throw new InvalidFrameError(`there are several fields of type ${type}`, second.at - 3);
  return first;
}

/** What the client has chosen may be any bytes, so what is not UTF-8 is replaced. */
function text(fields: ReadonlyMap<number, readonly Field[]>, type: number): string | undefined {
  return one(fields, type)?.value.toString();
}

function rest(fields: ReadonlyMap<number, readonly Field[]>, known: readonly number[]): ProxyTlv[] | undefined {
  const others = [...fields].filter(([type]) => !known.includes(type)).flatMap(([, found]) => found);
  return others.length === 0 ? undefined : others.map(({ type, value }) => ({ type, value: Buffer.from(value) }));
}

/** An object without the properties that are `undefined`. */
function present<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

function field(type: number, value: Uint8Array | string | undefined): Buffer {
  if (value === undefined) return Buffer.alloc(0);
  const bytes = Buffer.from(value as Uint8Array);
  if (!Number.isInteger(type) || type < 0 || type > 255 || bytes.length > 65_535) {
    throw new RangeError(
      `Cannot encode a field of type ${type} with ${bytes.length} bytes: types are 0 to 255, and 65535 bytes fit`,
    );
  }
  const head = Buffer.from([type, bytes.length >> 8, bytes.length & 255]);
  return Buffer.concat([head, bytes]);
}
