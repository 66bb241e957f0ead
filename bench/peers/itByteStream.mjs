// https://github.com/achingbrain/it: it-byte-stream and it-length-prefixed-stream
import { byteStream } from 'it-byte-stream';
import { lpStream } from 'it-length-prefixed-stream';

const duplexOf = (socket) => ({ source: socket, sink: async () => {} });

/** Payloads behind a length of four bytes: two reads each. */
export async function frames(socket) {
  const stream = byteStream(duplexOf(socket));
  return count(async () => {
    const head = await stream.read({ bytes: 4 });
    return stream.read({ bytes: head.getUint32(0) });
  });
}

/** The same by the package that is made for it. */
export async function lengthPrefixed(socket) {
  const lengthDecoder = (bytes) => bytes.getUint32(0);
  lengthDecoder.bytes = 4;
  const stream = lpStream(duplexOf(socket), { lengthDecoder });
  return count(() => stream.read());
}

async function count(read) {
  let frames = 0;
  let length = 0;
  try {
    for (;;) {
      const frame = await read();
      frames++;
      length += frame.byteLength;
    }
  } catch (error) {
    if (error.name !== 'UnexpectedEOFError') throw error;
    return { frames, length };
  }
}
