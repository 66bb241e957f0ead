/** A mistake on the command line. The command prints the message, points to `--help`, and ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
