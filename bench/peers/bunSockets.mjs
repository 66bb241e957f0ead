// Bun's own sockets, as a contender: bunSockets.mjs lines | text | frames | echo | bulk

const [name] = process.argv.slice(2);
const EMPTY = Buffer.alloc(0);

/** Calls back with each line of what comes; what is left of a chunk is put before the next one. */
function cutLines(state, chunk, each) {
  const bytes = state.rest.length === 0 ? chunk : Buffer.concat([state.rest, chunk]);
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    each(bytes, start, end + 1);
    start = end + 1;
  }
  state.rest = start < bytes.length ? bytes.subarray(start) : EMPTY;
}

function count(state, length) {
  state.frames++;
  state.length += length;
}

/** Writes what the kernel takes, and keeps the rest for `drain`. */
function write(socket, bytes) {
  const { data: state } = socket;
  if (state.unsent.length > 0) {
    state.unsent = Buffer.concat([state.unsent, bytes]);
    return;
  }
  const written = socket.write(bytes);
  if (written === bytes.length) return;
  // The chunk is Bun's own, and may be used again.
  state.unsent = Buffer.from(bytes.subarray(written));
  socket.pause();
}

const handlers = {
  lines: ({ data }, chunk) =>
    cutLines(data, chunk, (bytes, start, end) => count(data, bytes.subarray(start, end).length)),
  text: ({ data }, chunk) =>
    cutLines(data, chunk, (bytes, start, end) => count(data, bytes.toString('utf8', start, end).length)),
  frames({ data }, chunk) {
    const bytes = data.rest.length === 0 ? chunk : Buffer.concat([data.rest, chunk]);
    let start = 0;
    for (;;) {
      if (bytes.length - start < 4) break;
      const end = start + 4 + bytes.readUInt32BE(start);
      if (end > bytes.length) break;
      count(data, bytes.subarray(start + 4, end).length);
      start = end;
    }
    data.rest = start < bytes.length ? bytes.subarray(start) : EMPTY;
  },
  echo(socket, chunk) {
    const { data } = socket;
    cutLines(data, chunk, (_, start, end) => count(data, end - start));
    write(socket, chunk);
  },
  bulk: (socket, chunk) => write(socket, chunk),
};

function finish(socket) {
  const { data: state } = socket;
  if (!state.ended || state.unsent.length > 0 || state.told) return;
  state.told = true;
  const { user, system } = process.cpuUsage(state.cpu);
  const { frames, length } = state;
  const seconds = (performance.now() - state.started) / 1000;
  process.send({ type: 'served', frames, length, seconds, cpu: (user + system) / 1e6 });
  socket.end();
}

const server = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  allowHalfOpen: true,
  socket: {
    open(socket) {
      const started = performance.now();
      const cpu = process.cpuUsage();
      socket.data = { rest: EMPTY, unsent: EMPTY, frames: 0, length: 0, ended: false, told: false, started, cpu };
      socket.setNoDelay(true);
    },
    data(socket, chunk) {
      handlers[name](socket, chunk);
      const { data: state } = socket;
      if (state.rest.length > 0) state.rest = Buffer.from(state.rest);
    },
    drain(socket) {
      const { data: state } = socket;
      if (state.unsent.length > 0) state.unsent = state.unsent.subarray(socket.write(state.unsent));
      if (state.unsent.length > 0) return;
      socket.resume();
      finish(socket);
    },
    end(socket) {
      socket.data.ended = true;
      finish(socket);
    },
    error() {},
  },
});

// It does not outlive the bench.
process.on('disconnect', () => process.exit());
process.send({ type: 'listening', port: server.port });
