/** The version of Node.js, or the one that the runtime says it is like: for ways that are faster on some versions alone. */
export const nodeMajor = /* @__PURE__ */ readMajor();

// A call that bundlers may leave out: they keep a bare look at `process.versions`.
function readMajor(): number {
  return Number.parseInt(process.versions.node, 10);
}
