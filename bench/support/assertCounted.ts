import type { Block } from './blocks';
import type { Counted } from './serve';

/**
 * Throws for a run with a wrong count.
 *
 * @param as - Whether the length of a frame is in bytes, or in the code units of a string.
 * @throws `Error` unless every frame has arrived whole. A separator that is not removed is an error too.
 */
export function assertCounted(block: Block, blocks: number, counted: Counted, as: 'bytes' | 'text'): void {
  const frames = block.frames * blocks;
  const length = (as === 'bytes' ? block.length : block.characters) * blocks;
  const right = counted.frames === frames && (counted.length === length || counted.length === length + frames);
  if (right) return;
  const what = (of: Counted) => `${of.frames} frames of ${of.length} in all`;
  throw new Error(`Cannot trust a run: sent were ${what({ frames, length })}, arrived ${what(counted)}`);
}
