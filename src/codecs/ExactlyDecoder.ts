import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { Decoder } from './Decoder';
import { IncompleteReadError } from '../errors';

/** Blocks of so many bytes, at least 1. A class, since `await reader.readExactly(n)` makes one for each block. */
export class ExactlyDecoder implements Decoder<Buffer> {
  constructor(readonly size: number) {}

  decode(buffer: ByteBuffer, ended: boolean): Buffer | undefined {
    const { length } = buffer;
    if (length >= this.size) return buffer.take(this.size);
    if (ended && length > 0) throw new IncompleteReadError(buffer.take(length), this.size);
    return undefined;
  }
}
