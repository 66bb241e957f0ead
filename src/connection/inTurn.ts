/** A listener that calls two, the second one also if the first throws. */
export function inTurn<T>(first: ((value: T) => void) | undefined, second: (value: T) => void): (value: T) => void {
  if (first === undefined) return second;
  return (value) => {
    try {
      first(value);
    } finally {
      second(value);
    }
  };
}
