/**
 * How many requests to the operating system are under way, as reading a file or looking up a name. Timers, and sockets that wait for their
 * peer, are none. Node does not list what runs in threads without a request: compression and cryptography.
 */
export function osRequests(): number {
  let requests = 0;
  for (const name of process.getActiveResourcesInfo()) if (name.includes('Req') || ENDING.has(name)) requests++;
  return requests;
}

/** Requests of streams, which Node calls otherwise. */
const ENDING: ReadonlySet<string> = new Set(['WriteWrap', 'ShutdownWrap', 'TCPConnectWrap', 'PipeConnectWrap']);
