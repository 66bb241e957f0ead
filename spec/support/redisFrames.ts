import type { FramesOf } from '../../src/wiretap/ui/servePage';

/** The commands and simple replies of Redis, as far as each event holds them whole. */
export const redisFrames: FramesOf = (events) =>
  events.flatMap(({ seq, kind, data }) =>
    data === undefined || (kind !== 'rx' && kind !== 'tx')
      ? []
      : [...replies(Buffer.from(data).toString('latin1').split('\r\n'))].map((text) => ({ seq, text })),
  );

function* replies(lines: readonly string[]): Generator<string> {
  for (let i = 0; i < lines.length - 1; ) {
    const line = lines[i]!;
    const size = Number(line.slice(1));
    if (line.startsWith('*')) {
      const words = Array.from({ length: size }, (_, word) => lines[i + 2 + 2 * word] ?? '…');
      yield size === 0 ? '(empty)' : words.join(' ');
      i += 1 + 2 * size;
    } else if (line.startsWith('$')) {
      yield size < 0 ? '(nil)' : (lines[i + 1] ?? '…');
      i += size < 0 ? 1 : 2;
    } else {
      yield line.replace(/^\+/, '');
      i += 1;
    }
  }
}
