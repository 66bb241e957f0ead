/** What is expected of a `#` for which no error was given: that there is one. */
export const anyError: unique symbol = Symbol('any error');
