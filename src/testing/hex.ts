/**
 * Bytes from hexadecimal digits, as a tagged template: `` hex`0d 0a` ``.
 *
 * Spaces and line ends between bytes are ignored.
 *
 * @example
 * ```ts
 * import { hex } from 'rxjs-tcp/testing';
 *
 * console.log(hex`68 69`.toString()); // → hi
 * ```
 * @throws `TypeError` for anything but pairs of digits.
 */
export function hex(digits: TemplateStringsArray, ...values: readonly (string | number)[]): Buffer {
  const text = String.raw({ raw: digits }, ...values).trim();
  if (!/^([\da-f]{2}\s*)*$/i.test(text)) {
    throw new TypeError(`Cannot read "${text}" as bytes: each is two hexadecimal digits`);
  }
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}
