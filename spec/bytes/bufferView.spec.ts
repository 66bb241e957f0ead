// Proves that a view is a Buffer of the same memory, also on a runtime that does not expose its Buffer class.
import * as assert from 'node:assert';

type Views = typeof import('../../src/bytes/bufferView');

function withSpecies(species: unknown): Views {
  const own = Object.getOwnPropertyDescriptor(Buffer, Symbol.species);
  Object.defineProperty(Buffer, Symbol.species, { value: species, configurable: true });
  try {
    let views: Views | undefined;
    jest.isolateModules(() => {
      views = require('../../src/bytes/bufferView') as Views;
    });
    return views as Views;
  } finally {
    if (own === undefined) delete (Buffer as { [Symbol.species]?: unknown })[Symbol.species];
    else Object.defineProperty(Buffer, Symbol.species, own);
  }
}

describe.each([
  ['this runtime', () => require('../../src/bytes/bufferView') as Views],
  ['a runtime without a species', () => withSpecies(undefined)],
  ['a runtime with another species', () => withSpecies(Uint8Array)],
])('bufferView on %s', (_, views) => {
  it('shows part of the memory as an ordinary Buffer', () => {
    const { bufferView } = views();
    const memory = new Uint8Array(Buffer.from('..abc..')).buffer;
    const view = bufferView(memory, 2, 3);
    assert.deepStrictEqual(view, Buffer.from('abc'));
    expect(view.buffer).toBe(memory);
    expect([view.byteOffset, view.length, Buffer.isBuffer(view), `${view}`]).toEqual([2, 3, true, 'abc']);
    expect(bufferView(memory, 7, 0).length).toBe(0);
  });
});
