const RESETS: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Whether an error is the system's way to say that the peer has broken the connection off. */
export function isReset(error: unknown): boolean {
  return RESETS.has((error as NodeJS.ErrnoException | null | undefined)?.code);
}
