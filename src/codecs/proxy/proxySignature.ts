const TEXT = /* @__PURE__ */ Buffer.from('PROXY ');
const BINARY = /* @__PURE__ */ Buffer.from('\r\n\r\n\0\r\nQUIT\n');

/** The first bytes of a PROXY header: they tell its version, and no usual protocol begins with them. */
export const proxySignature = {
  1: TEXT,
  2: BINARY,

  /**
   * Which header some bytes begin.
   *
   * @returns The version; `undefined` while more bytes are needed to tell; or how many bytes fit, if it is no header.
   */
  find(bytes: Uint8Array): { readonly version: 1 | 2 } | { readonly fitting: number } | undefined {
    const [text, binary] = [common(bytes, TEXT), common(bytes, BINARY)];
    if (text === TEXT.length) return { version: 1 };
    if (binary === BINARY.length) return { version: 2 };
    const fitting = Math.max(text, binary);
    return fitting === bytes.length ? undefined : { fitting };
  },
};

/** How many bytes at the front are the same. */
function common(bytes: Uint8Array, signature: Uint8Array): number {
  let at = 0;
  while (at < signature.length && at < bytes.length && bytes[at] === signature[at]) at++;
  return at;
}
