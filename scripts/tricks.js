// Measures the ways around V8 that src/bytes takes, next to what they are instead of: nanoseconds of the processor's time for a call, the
// least of several rounds. `tricks.js` on the Node.js at hand; `onNode.js 24 scripts/tricks.js` on another one.
const { isUtf8, transcode } = require('node:buffer');

const ROUNDS = 15;
const CALLS = 200_000;

const memory = new ArrayBuffer(65_536);
const chunk = Buffer.from(memory, 0, 4096).fill('x');
chunk[40] = 10;
const chunks = [chunk, Buffer.alloc(4096, 'x').fill('\n', 40, 41), Buffer.from(`${'x'.repeat(40)}\n`)];
const { indexOf } = Buffer.prototype;
const species = Buffer[Symbol.species];
const text = Buffer.from('größer, schöner, weiter: '.repeat(100));

function view(_memory, _offset, _length) {
  // biome-ignore lint/complexity/noArguments: as in src/bytes/bufferView.ts
  return Reflect.construct(Uint8Array, arguments, species);
}

/** What is compared: how the library does it, how else it would, and how many calls a round has. */
const CASES = [
  [
    'bufferView',
    'subarray',
    CALLS,
    (i) => view(memory, i & 1023, 20).length,
    (i) => chunk.subarray(i & 1023, (i & 1023) + 20).length,
  ],
  [
    'indexOfByte',
    'indexOf',
    CALLS,
    (i) => indexOf.call(chunks[i % 3], 10, i & 15),
    (i) => chunks[i % 3].indexOf(10, i & 15),
  ],
  [
    'transcode, 2.8 KB',
    'toString',
    CALLS / 40,
    () => (isUtf8(text) ? transcode(text, 'utf8', 'utf16le').toString('utf16le').length : 0),
    () => text.toString('utf8').length,
  ],
];

function nanoseconds(call, calls) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    let sum = 0;
    for (let i = 0; i < calls; i++) sum += call(i);
    const { user, system } = process.cpuUsage(before);
    if (sum < 0) throw new Error('nothing was done');
    least = Math.min(least, ((user + system) * 1000) / calls);
  }
  return least;
}

for (const [name, instead, calls, ours, plain] of CASES) {
  const [one, other] = [ours, plain].map((call) => nanoseconds(call, calls));
  console.log(
    `Node.js ${process.versions.node} | ${name} | ${one.toFixed(1)} ns | ${instead} | ${other.toFixed(1)} ns`,
  );
}
