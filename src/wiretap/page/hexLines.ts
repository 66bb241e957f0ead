/** Bytes in a line: as many as fit beside a timeline. */
const WIDTH = 12;

/** A hex dump: offset, bytes and text of each line. */
export function hexLines(bytes: Uint8Array): [offset: string, hex: string, text: string][] {
  const lines: [string, string, string][] = [];
  for (let i = 0; i < bytes.length; i += WIDTH) {
    const part = Array.from(bytes.subarray(i, i + WIDTH));
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte < 32 || byte > 126 ? '·' : String.fromCharCode(byte))).join('');
    lines.push([i.toString(16).padStart(4, '0'), hex.padEnd(WIDTH * 3 - 1), text]);
  }
  return lines;
}
