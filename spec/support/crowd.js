// A crowd in a process of its own (see hostileClients.spec.ts): `crowd.js PORT COUNT` connects COUNT clients at once, reports how many
// were answered and how many were disconnected once that is known of each, and leaves on command.
const { connect } = require('node:net');

const [port, count] = process.argv.slice(2).map(Number);
const answered = new Set();
let hungUp = 0;
let bytes = 0;

function settle() {
  if (answered.size + hungUp === count) process.send({ answered: answered.size, hungUp, bytes });
}

for (let i = 0; i < count; i++) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    if (answered.has(socket)) return;
    answered.add(socket);
    settle();
  });
  socket.on('close', () => {
    if (answered.has(socket)) return;
    hungUp++;
    settle();
  });
  socket.write('hello\n');
}

process.on('message', () => {
  for (const socket of answered) socket.end();
  process.disconnect();
});
