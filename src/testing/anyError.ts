/** The expectation of a `#` without an error: any error. */
export const anyError: unique symbol = Symbol('any error');
