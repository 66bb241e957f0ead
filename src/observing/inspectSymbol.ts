/** The method that `console.log` and `util.inspect` call. The symbol is global, so `node:util` is not needed. */
export const inspectSymbol: unique symbol = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom') as never;
