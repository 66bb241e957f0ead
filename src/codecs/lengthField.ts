import type { ByteBuffer } from '../bytes/ByteBuffer';
import { InvalidFrameError } from '../errors';

/** The field in front of a frame that says how many bytes follow. */
export interface LengthField {
  /** How many bytes the field at `offset` has, or `undefined` while that is not known. */
  width(buffer: ByteBuffer, offset: number): number | undefined;
  /** The number in a field whose bytes have arrived. */
  read(buffer: ByteBuffer, offset: number, width: number): number;
  /** The field for a number. */
  write(value: number): Buffer;
  /** The largest number that fits. */
  readonly max: number;
}

/**
 * @param bytes - The size of the field, or an unsigned LEB128 varint.
 * @param endian - The order of the bytes of a fixed size.
 * @throws `TypeError` for another size or order.
 */
export function lengthField(bytes: 1 | 2 | 3 | 4 | 8 | 'varint', endian: 'big' | 'little'): LengthField {
  if (endian !== 'big' && endian !== 'little') {
    throw new TypeError(`Cannot use ${String(endian)} as endian: it must be 'big' or 'little'`);
  }
  if (bytes === 'varint') return varint;
  if (![1, 2, 3, 4, 8].includes(bytes)) {
    throw new TypeError(
      `Cannot use a length of ${String(bytes)} bytes: it must have 1, 2, 3, 4 or 8, or be a 'varint'`,
    );
  }
  return bytes === 8 ? eightBytes(endian === 'little') : fewBytes(bytes, endian === 'little');
}

function fewBytes(bytes: number, little: boolean): LengthField {
  return {
    max: 2 ** (8 * bytes) - 1,
    width: (buffer, offset) => (buffer.length < offset + bytes ? undefined : bytes),
    read: (buffer, offset) => buffer.readUInt(offset, bytes, little),
    write(value) {
      const field = Buffer.allocUnsafe(bytes);
      if (little) field.writeUIntLE(value, 0, bytes);
      else field.writeUIntBE(value, 0, bytes);
      return field;
    },
  };
}

function eightBytes(little: boolean): LengthField {
  return {
    max: Number.MAX_SAFE_INTEGER,
    width: (buffer, offset) => (buffer.length < offset + 8 ? undefined : 8),
    // Above 2^53 the number is not exact; it is far above every limit then.
    read(buffer, offset) {
      const first = buffer.readUInt(offset, 4, little);
      const second = buffer.readUInt(offset + 4, 4, little);
      return little ? second * 2 ** 32 + first : first * 2 ** 32 + second;
    },
    write(value) {
      const field = Buffer.allocUnsafe(8);
      if (little) field.writeBigUInt64LE(BigInt(value));
      else field.writeBigUInt64BE(BigInt(value));
      return field;
    },
  };
}

/** Eight bytes of seven bits are enough for a number below 2^53. A ninth is refused before it arrives. */
const MAX_VARINT = 8;

const varint: LengthField = {
  max: Number.MAX_SAFE_INTEGER,
  width(buffer, offset) {
    for (let i = 0; i < MAX_VARINT; i++) {
      const byte = buffer.at(offset + i);
      if (byte === undefined) return undefined;
      if (byte < 0x80) {
        if (byte === 0 && i > 0) throw new InvalidFrameError('the varint has more bytes than it needs', offset + i);
        return i + 1;
      }
    }
    throw new InvalidFrameError(`the varint is longer than ${MAX_VARINT} bytes`, offset + MAX_VARINT);
  },
  read(buffer, offset, width) {
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 128 + ((buffer.at(offset + i) as number) & 0x7f);
    return value;
  },
  write(value) {
    const bytes: number[] = [];
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
    bytes.push(left);
    return Buffer.from(bytes);
  },
};
