/** A wrong argument of a demo. `run` prints the message and ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * The port of an argument.
 *
 * @param least - 1 for a port to dial, 0 for a port to listen on.
 * @throws UsageError - Unless `text` is an integer from `least` to 65535.
 */
export function portOf(text: string, least: 0 | 1 = 1): number {
  return integerOf(text, 'port', least, 65_535);
}

/** @throws UsageError - Unless `text` is an integer from `least` to `most`. */
export function integerOf(text: string, what: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`Cannot use '${text}' as ${what}: it must be an integer from ${least} to ${most}`);
}

/** @throws UsageError - Unless `text` is one of `words`. */
export function oneOf<T extends string>(text: string, what: string, words: readonly T[]): T {
  const word = words.find((one) => one === text);
  if (word !== undefined) return word;
  throw new UsageError(`Cannot use '${text}' as ${what}: it must be ${words.join(' or ')}`);
}

/** @throws UsageError - Unless `text` is a URL with one of `schemes`. */
export function urlOf(text: string, schemes: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && schemes.includes(url.protocol)) return url;
  throw new UsageError(`Cannot use '${text}' as URL: it must begin with ${schemes.join('// or ')}//`);
}

/** @throws UsageError - If there are arguments that the demo does not take. */
export function noMore(surplus: readonly string[]): void {
  if (surplus.length > 0) throw new UsageError(`Cannot use '${surplus.join(' ')}': too many arguments`);
}
