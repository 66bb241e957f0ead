import type { Block } from './blocks';
import type { Counted } from './serve';

/**
 * Refuses a run whose count is wrong.
 *
 * @param as - Whether the length of a frame is in bytes, or in the code units of a string.
 * @throws `Error` unless every frame has arrived, with all it contains; a separator that is left on counts too.
 */
export function assertCounted(block: Block, blocks: number, counted: Counted, as: 'bytes' | 'text'): void {
  const frames = block.frames * blocks;
  const length = (as === 'bytes' ? block.length : block.characters) * blocks;
  const right = counted.frames === frames && (counted.length === length || counted.length === length + frames);
  if (right) return;
  const what = (of: Counted) => `${of.frames} frames of ${of.length} in all`;
  throw new Error(`Cannot trust a run: sent were ${what({ frames, length })}, arrived ${what(counted)}`);
}
