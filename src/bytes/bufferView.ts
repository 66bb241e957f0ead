/**
 * Makes a `Buffer` that shows a part of an `ArrayBuffer`, as `buffer.subarray` does, at a third of its cost.
 *
 * `Buffer.prototype.subarray` spends most of its time on reading `buffer` and `byteOffset` and on rounding its arguments.
 * With short frames, that is most of the time of a reader. In the end it makes a `Buffer[Symbol.species]`, and so does this
 * function. So the result is a `Buffer` like any other: same prototype, same methods, equal under `assert.deepStrictEqual`.
 * If a runtime has no such class, `Buffer.from` does the same, slower.
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
 * Not `new species(…)`: inlined into a `try` block, as in every async function, V8 11 calls the constructor of its base class
 * in a slow way, which takes half as long again. `Reflect.construct` is as fast there as elsewhere.
 */
function fastView(_memory: ArrayBufferLike, _offset: number, _length: number): Buffer {
  // biome-ignore lint/complexity/noArguments: V8 passes `arguments` on as it is; a rest parameter would make an array.
  return Reflect.construct(Uint8Array, arguments, species as new () => Buffer) as Buffer;
}

function fromMemory(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  return Buffer.from(memory as ArrayBuffer, offset, length);
}
