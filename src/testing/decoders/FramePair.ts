import type { Matcher } from '../Matcher';

/** A value, or a matcher for it; bytes also as text, which means its UTF-8 bytes. */
export type ExpectedValue<T> = T | Matcher | (T extends Uint8Array ? string | Uint8Array : never);

/** A decoded value as a test writes it down: bytes also as text, and a matcher for all of it; in the same way each of its fields. */
export type ExpectedFrame<T> =
  | ExpectedValue<T>
  | (T extends Uint8Array | string ? never : { readonly [K in keyof T]: ExpectedValue<T[K]> });

/** What bytes that are wrong make a decoder throw: an error like this one, of this class, or whose text matches. */
export type ExpectedFailure = Error | (abstract new (...args: never[]) => Error) | RegExp | Matcher;

/**
 * The bytes of a frame, and what they decode to; `undefined` is for bytes that are passed over. Or bytes that are wrong, and the error that
 * they lead to.
 */
export type FramePair<T> = readonly [bytes: Uint8Array | string, frame: ExpectedFrame<T> | ExpectedFailure | undefined];

/** The same type, which the decoder alone decides: the pairs do not, since they may have text for bytes, and errors. */
export type NoInference<T> = [T][T extends unknown ? 0 : never];
