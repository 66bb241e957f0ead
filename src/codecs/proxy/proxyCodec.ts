import type { ByteBuffer } from '../../bytes/ByteBuffer';
import { InvalidFrameError } from '../../errors';
import type { Codec } from '../Decoder';
import { binaryHeader } from './binaryHeader';
import type { ProxyHeader } from './ProxyHeader';
import { proxySignature } from './proxySignature';
import { textHeader } from './textHeader';

/**
 * The headers of the PROXY protocol, of both versions.
 *
 * A header has at most 107 bytes (version 1) or 536 (version 2). A longer one is a `LimitOverrunError` as soon as that is certain,
 * and what is no header is an `InvalidFrameError` with the first byte that does not fit. So no more than that has to wait.
 */
export const proxyCodec: Codec<ProxyHeader> = {
  decode(buffer: ByteBuffer): ProxyHeader | undefined {
    const found = proxySignature.find(buffer.peek(proxySignature[2].length));
    if (found === undefined) return undefined;
    if ('fitting' in found) throw new InvalidFrameError('there is no PROXY header', found.fitting);
    return found.version === 1 ? textHeader.decode(buffer) : binaryHeader.decode(buffer);
  },

  encode: (header) => (header.version === 1 ? textHeader : binaryHeader).encode(header),
};
