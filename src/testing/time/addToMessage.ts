import { isNativeError } from 'node:util/types';

/** The same error with a paragraph more, in its stack too; anything else stays what it is. */
export function addToMessage(error: unknown, paragraph: string): unknown {
  if (paragraph === '' || !isNativeError(error)) return error;
  const { message, stack = '' } = error;
  error.message = `${message}\n\n${paragraph}`;
  error.stack = stack.replace(message, () => error.message);
  return error;
}
