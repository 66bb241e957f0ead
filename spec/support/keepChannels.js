// Keeps the diagnostics channels for as long as the process lives. Jest loads the library anew for each spec, so the channels of the
// last spec are garbage while the next one runs; when Node.js 20 collects them, it forgets the new ones of the same names too.
const { channel } = require('node:diagnostics_channel');

const KEPT = Symbol.for('rxjs-tcp: kept channels');

channel[KEPT] ??= [
  ...['open', 'close', 'pressure', 'held'].map((event) => `rxjs-tcp:connection:${event}`),
  ...['listening', 'close', 'refused', 'failure'].map((event) => `rxjs-tcp:server:${event}`),
  ...['connect', 'handshake', 'spec'].flatMap((of) =>
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((event) => `tracing:rxjs-tcp:${of}:${event}`),
  ),
].map((name) => channel(name));
