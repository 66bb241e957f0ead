/**
 * Makes a `Buffer` that shows part of an `ArrayBuffer`: what `buffer.subarray` does, at a third of its cost.
 *
 * `Buffer.prototype.subarray` spends most of its time on reading `buffer` and `byteOffset` back and on rounding its
 * arguments, which for short frames is most of the time of a reader. `Buffer[Symbol.species]` is the class that it
 * makes in the end, so what comes out is a `Buffer` like any other: same prototype, same methods, equal under
 * `assert.deepStrictEqual`. Where a runtime has no such class, `Buffer.from` does the same, slower.
 *
 * @param memory - The memory to show.
 * @param offset - Where the view starts, in bytes.
 * @param length - How many bytes it shows.
 */
export type BufferView = (memory: ArrayBufferLike, offset: number, length: number) => Buffer;

const species = /* @__PURE__ */ speciesOfBuffer();

export const bufferView: BufferView = species === undefined ? fromMemory : fastView;

function speciesOfBuffer(): (new () => Buffer) | undefined {
  const found = (Buffer as unknown as { [Symbol.species]?: new () => Buffer })[Symbol.species];
  return typeof found === 'function' && found.prototype === Buffer.prototype ? found : undefined;
}

/**
 * Not `new species(…)`: where that is inlined into a `try` block, as it is in every async function, V8 11 calls the
 * constructor of the class above it the slow way, which takes half as long again. This is the same in both places.
 */
function fastView(_memory: ArrayBufferLike, _offset: number, _length: number): Buffer {
  // biome-ignore lint/complexity/noArguments: V8 passes on `arguments` as they are; an array would be made anew.
  return Reflect.construct(Uint8Array, arguments, species as new () => Buffer) as Buffer;
}

function fromMemory(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  return Buffer.from(memory as ArrayBuffer, offset, length);
}
