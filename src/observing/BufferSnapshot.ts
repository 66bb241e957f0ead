import { showLine } from './showLine';
import { showSize } from './showSize';

/** What `console.log` and `JSON.stringify` show of a buffer, and none of its bytes. */
export interface BufferSnapshot {
  /** How many bytes are unread. */
  readonly unread: number;
  /** The longest line or record in bytes, for decoders without a limit of their own. */
  readonly limit: number;
}

/** One line of a buffer. */
export function showBufferSnapshot(name: string, { unread, limit }: BufferSnapshot): string {
  return showLine(name, [`${showSize(unread, 1024)} unread`, `limit ${showSize(limit, 1024)}`]);
}
