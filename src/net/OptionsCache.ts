/**
 * A cache of objects that are made from options. Options with the same values get the same object.
 *
 * Arrays and plain objects are the same if their items are the same. Strings are compared by their text, Buffers and functions
 * by identity. An option that is `undefined` counts as absent. When the cache is full, it drops the least recently used entry.
 */
export class OptionsCache<T> {
  /** The most recently used entry comes first. */
  private entries: { readonly options: unknown; readonly made: T }[] = [];

  /**
   * @param size - How many entries are kept.
   */
  constructor(private readonly size: number) {}

  /** Returns the object for these options, or makes it. If `make` throws, there is no entry. */
  get(options: object, make: () => T): T {
    const known = this.entries.find((entry) => same(entry.options, options, DEPTH));
    // A copy of arrays and objects: if the program changes its own later, they are other options.
    const entry = known ?? { options: cloneValue(options, DEPTH), made: make() };
    if (entry !== this.entries[0]) {
      this.entries = [entry, ...this.entries.filter((other) => other !== known)].slice(0, this.size);
    }
    return entry.made;
  }
}

/** How deep arrays and objects are compared: deep enough for lists of keys with passphrases, and cycles end here. */
const DEPTH = 4;

function same(one: unknown, other: unknown, depth: number): boolean {
  if (Object.is(one, other)) return true;
  if (depth === 0) return false;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, i) => same(value, other[i], depth - 1));
  }
  if (!isPlain(one) || !isPlain(other)) return false;
  const names = given(one);
  return names.length === given(other).length && names.every((name) => same(one[name], other[name], depth - 1));
}

function cloneValue(value: unknown, depth: number): unknown {
  if (depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => cloneValue(item, depth - 1));
  if (!isPlain(value)) return value;
  return Object.fromEntries(given(value).map((name) => [name, cloneValue(value[name], depth - 1)]));
}

function given(options: Record<string, unknown>): string[] {
  return Object.keys(options).filter((name) => options[name] !== undefined);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
