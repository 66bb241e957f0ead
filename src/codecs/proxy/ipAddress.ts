/** IP addresses as text and as bytes. Each address has one text, so two texts are the same address only if they are equal. */
export const ipAddress = {
  /** The 4 or 16 bytes of an address; `undefined` if the text is no address. */
  parse(text: string): Buffer | undefined {
    const bytes = text.includes(':') ? parseIPv6(text) : parseIPv4(text);
    return bytes && Buffer.from(bytes);
  },

  /** The text of 4 or 16 bytes, as the system writes it: `::1`, `::ffff:10.0.0.1`. */
  show(bytes: Uint8Array): string {
    return bytes.length === 4 ? bytes.join('.') : showIPv6(bytes);
  },
};

/** No zeros in front: some programs would take them for octal numbers. */
function parseIPv4(text: string): number[] | undefined {
  const parts = text.split('.');
  const right = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return right ? parts.map(Number) : undefined;
}

function parseIPv6(text: string): number[] | undefined {
  const plain = withoutDots(text);
  // The longest address in groups has 39 characters.
  if (plain === undefined || plain.length > 39) return undefined;
  const halves = plain.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const [front = [], back = []] = halves;
  const missing = 8 - front.length - back.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  const groups = [...front, ...Array<string>(missing).fill('0'), ...back];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 255]);
}

/** An IPv4 address at the end, as in `::ffff:10.0.0.1`, becomes two groups. */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const start = text.lastIndexOf(':') + 1;
  const bytes = parseIPv4(text.slice(start));
  if (bytes === undefined) return undefined;
  const [a, b, c, d] = bytes as [number, number, number, number];
  return `${text.slice(0, start)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function showIPv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] as number) * 256 + (bytes[2 * i + 1] as number));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${bytes.subarray(12).join('.')}`;
  const [start, length] = longestZeros(groups);
  const show = (some: readonly number[]) => some.map((group) => group.toString(16)).join(':');
  return length < 2 ? show(groups) : `${show(groups.slice(0, start))}::${show(groups.slice(start + length))}`;
}

/** The longest run of zeros, the first of them if there are several. */
function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}
