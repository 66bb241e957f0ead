import { AbortListeners } from '../AbortListeners';

/**
 * Stops a server when a signal is aborted, or at once if it is.
 *
 * @param closed - The end of the server: then the signal is left alone.
 */
export function closeOnAbort(signal: AbortSignal, closed: Promise<void>, stop: () => void): void {
  if (signal.aborted) {
    stop();
    return;
  }
  const listeners = AbortListeners.of(signal);
  listeners.add(stop);
  void closed.then(() => listeners.delete(stop));
}
