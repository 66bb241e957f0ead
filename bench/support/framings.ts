import { firstValueFrom, map, type OperatorFunction } from 'rxjs';
import { decode, lengthPrefixed, lines, type StreamReader } from 'rxjs-tcp';
import type { FramingName } from './ConversationPlan';

/** One way to cut texts out of bytes, as an operator and as a promise. */
export interface Framing {
  readonly encode: (text: string) => Buffer;
  readonly frames: () => OperatorFunction<Uint8Array, string>;
  /** Resolves with `undefined` at the end. */
  readonly read: (reader: StreamReader) => Promise<string | undefined>;
}

const prefixed = lengthPrefixed({ bytes: 2 });

function encodePrefixed(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(body.length);
  return Buffer.concat([head, body]);
}

const generated = () =>
  decode(function* (read) {
    const size = (yield* read.exactly(2)).readUInt16BE();
    return `${yield* read.exactly(size)}`;
  });

export const FRAMINGS: Readonly<Record<FramingName, Framing>> = {
  lines: {
    encode: (text) => Buffer.from(`${text}\n`),
    frames: () => lines(),
    read: async (reader) => {
      const line = await reader.readLine();
      return line.length === 0 ? undefined : `${line}`.trimEnd();
    },
  },
  'length-prefixed': {
    encode: encodePrefixed,
    frames: () => (source) => source.pipe(decode(prefixed), map(String)),
    read: (reader) => firstValueFrom(reader.pipe(decode(prefixed), map(String)), { defaultValue: undefined }),
  },
  generator: {
    encode: encodePrefixed,
    frames: generated,
    read: (reader) => firstValueFrom(reader.pipe(generated()), { defaultValue: undefined }),
  },
};
