// What RxJS 9 and the Observable of the platform can do with a connection of today: docs/rxjs9.md has what it printed.
// `npm run build && (cd bench && npm ci) && node scripts/onNode.js 24 bench/rxjs9.mjs`; RxJS 9 needs Node.js 22.13 or later.
import { createRequire } from 'node:module';
import { filter as filter7, map as map7 } from 'rxjs';
import { ColdObservable } from 'rxjs9';
import { filter } from 'rxjs9/filter';
import { map } from 'rxjs9/map';
import { connectionPair, eachValueFrom, lines } from '../dist/index.js';

const { version } = createRequire(import.meta.url)('rxjs9/package.json');
const Platform = globalThis.Observable;

/** An Observable of RxJS 7 as one of RxJS 9: each subscription is one of the source, and an abort ends it. */
const bridged = (source) =>
  new ColdObservable((subscriber) => {
    const subscription = source.subscribe(subscriber);
    subscriber.addTeardown(() => subscription.unsubscribe());
  });

const LINES = 200_000;
const chunk = Buffer.from('a line of 32 bytes, as text....\n'.repeat(1000));
const long = (line) => line.length > 3;
const size = (line) => line.length;

/** Sends the lines through a pair in memory, and resolves with the seconds and how many came. */
async function race(consume) {
  const [here, there] = connectionPair();
  const counted = new Promise((resolve, reject) => {
    let count = 0;
    consume(there.reader, { next: () => count++, error: reject, complete: () => resolve(count) });
  });
  const started = performance.now();
  for (let sent = 0; sent < LINES; sent += 1000) {
    here.writer.write(chunk);
    await here.writer.drain();
  }
  here.writer.writeEof();
  const count = await counted;
  there.destroy();
  if (count !== LINES) throw new Error(`${count} of ${LINES} lines came`);
  return performance.now() - started;
}

const ways = {
  'RxJS 7: lines(), filter, map': (reader, observer) =>
    reader.pipe(lines(), filter7(long), map7(size)).subscribe(observer),
  'bridged to RxJS 9: [filter], [map]': (reader, observer) =>
    bridged(reader.pipe(lines()))[filter](long)[map](size).subscribe(observer),
  'bridged to the platform: .filter, .map': (reader, observer) =>
    bridged(reader.pipe(lines())).filter(long).map(size).subscribe(observer),
  'Observable.from(eachValueFrom(…))': (reader, observer) =>
    Platform.from(eachValueFrom(reader.pipe(lines())))
      .filter(long)
      .map(size)
      .subscribe(observer),
};

const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let round = 0; round < 7; round++) {
  for (const [name, consume] of Object.entries(ways)) times[name].push(await race(consume));
}
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const [first] = Object.values(times).map(median);
console.log(`rxjs ${version}, Node.js ${process.version}, ${LINES} lines`);
for (const [name, values] of Object.entries(times)) {
  console.log(
    `${name.padEnd(40)} ${median(values).toFixed(0).padStart(5)} ms  ${(median(values) / first).toFixed(2)} ×`,
  );
}

/** What `use` prints of a value, or its error. */
async function attempt(name, use) {
  let result;
  try {
    result = await use();
  } catch (error) {
    result = `${error.name}: ${error.message}`;
  }
  console.log(`${name.padEnd(52)} ${result}`);
}

function sent(text) {
  const [here, there] = connectionPair();
  here.writer.write(text);
  here.writer.writeEof();
  return there;
}

await attempt('Observable.from(reader)', async () =>
  `${Buffer.concat(await Platform.from(sent('one\n').reader).toArray())}`.trim(),
);
await attempt('Observable.from(reader.pipe(lines()))', () =>
  Platform.from(sent('one\n').reader.pipe(lines())).toArray(),
);
await attempt('await bridged(reader.pipe(lines())).first()', async () => {
  const { reader } = sent('one\ntwo\n');
  return [await bridged(reader.pipe(lines())).first(), `${await reader.readLine()}`.trim()];
});
await attempt('platform Observable of strings .subscribe(writer)', async () => {
  const [here, there] = connectionPair();
  Platform.from(['one\n', 'two\n']).subscribe(here.writer);
  return `${await there.reader.readAll()}`.trim().split('\n');
});
await attempt(
  'lines()(bridged Observable of chunks)',
  () => lines()(bridged(sent('one\n').reader)).subscribe(() => {}).closed,
);
