/** The failure of a decoder that keeps something from one reader to the next, with what to do about it. */
export function blamingState({ message, cause }: Error, sign = ''): Error {
  const why =
    'The decoder keeps something that readers share: pass a function that makes one for each reader, () => decoder';
  return new Error(`${message}\n${sign === '' ? '' : `${sign} `}${why}`, { cause });
}
