// Proves that `simulate` finds the bugs of clients and servers that a bad network brings out. Each message names the seed and the time.
import {
  concatMap,
  delay,
  exhaustMap,
  ignoreElements,
  interval,
  map,
  merge,
  mergeMap,
  NEVER,
  of,
  take,
  takeUntil,
  tap,
  timeout,
  timer,
  toArray,
} from 'rxjs';
import { type Connection, lines, readExactly, writeTo } from 'rxjs-tcp';
import { type Conversation, type SimulateOptions, simulate } from 'rxjs-tcp/testing';
import { describePlanted, type Planted } from './Planted';

const SEED = /seed \d+: .*(at|after) \d+ ms/s;

const planted = (
  bug: string,
  looks: string,
  {
    wrong,
    right,
    names = SEED,
    options = {},
  }: { wrong: Conversation; right: Conversation; names?: RegExp; options?: SimulateOptions },
): Planted => ({
  bug,
  looks,
  names,
  wrong: () => simulate(wrong, { runs: 50, ...options }),
  right: () => simulate(right, { runs: 10, ...options }),
});

const upper = map((line: Buffer | string) => `${line}`.toUpperCase());

/** A client that sends lines, and checks the answers of a server. */
const asking =
  (serve: (server: Connection) => unknown, words = ['one', 'two', 'three']): Conversation =>
  ({ client, server }) => {
    serve(server);
    client.writer.write(words.map((word) => `${word}\n`).join(''));
    return client.reader.pipe(
      lines(),
      take(words.length),
      toArray(),
      tap((answers) => {
        const expected = words.map((word) => word.toUpperCase());
        if (answers.join() !== expected.join()) throw new Error(`the answers are ${answers}`);
      }),
    );
  };
const ignore = { error: () => {} };
const right = asking(({ reader, writer }) =>
  reader
    .pipe(
      lines(),
      upper,
      map((line) => `${line}\n`),
    )
    .subscribe(writer),
);
const small = { plan: { piece: 3 } };

describePlanted('clients and servers over a bad network', [
  planted('a chunk is taken for a request', 'a SyntaxError in production alone', {
    wrong: asking(({ reader, writer }) =>
      reader.subscribe({ next: (chunk) => writer.next(`${chunk}`.trim().toUpperCase().concat('\n')), ...ignore }),
    ),
    right,
    options: small,
  }),
  planted('answers come in the order in which they are ready', 'one user sees the page of another', {
    wrong: asking(
      ({ reader, writer }) =>
        reader
          .pipe(
            lines(),
            mergeMap((line) => of(line).pipe(delay(line.length === 3 ? 50 : 1))),
            upper,
            map((line) => `${line}\n`),
          )
          .subscribe(writer),
      ['one', 'three'],
    ),
    right: asking(
      ({ reader, writer }) =>
        reader
          .pipe(
            lines(),
            concatMap((line) => of(line).pipe(delay(line.length === 3 ? 50 : 1))),
            upper,
            map((line) => `${line}\n`),
          )
          .subscribe(writer),
      ['one', 'three'],
    ),
  }),
  planted('a request that comes during another is dropped', 'a click does nothing, now and then', {
    wrong: asking(({ reader, writer }) =>
      reader
        .pipe(
          lines(),
          exhaustMap((line) => of(line).pipe(delay(1))),
          upper,
          map((line) => `${line}\n`),
        )
        .subscribe(writer),
    ),
    right,
  }),
  planted('it writes after its own end', 'the last notice never arrives', {
    wrong: asking((server) => {
      server.reader.pipe(lines(), upper).subscribe({
        next: (line) => {
          server.writer.next(`${line}\n`);
          if (line === 'THREE') server.writer.writeEof();
          if (line === 'THREE') server.writer.next('bye\n');
        },
        ...ignore,
      });
    }),
    right,
  }),
  planted('it writes whatever the peer takes', 'the process runs out of memory', {
    wrong: ({ server }) => {
      interval(1).subscribe(() => server.writer.next(Buffer.alloc(100_000)));
      return NEVER;
    },
    right,
    names: /seed 1: the server does not wait for the peer: \d+ bytes .*, at \d+ ms/,
  }),
  planted('a heartbeat goes on after the end', 'the process does not exit, and its timers become more', {
    wrong: ({ client, server }) => {
      interval(1000).subscribe(() => client.writer.next('ping\n'));
      server.reader.subscribe({ next: () => server.writer.writeEof(), ...ignore });
      return client.reader;
    },
    right: ({ client, server }) => {
      const ended = client.reader;
      interval(1000)
        .pipe(takeUntil(timer(5000)))
        .subscribe(() => client.writer.next('ping\n'));
      server.reader.subscribe({ next: () => server.writer.writeEof(), ...ignore });
      return merge(ended, timer(6000).pipe(ignoreElements()));
    },
    names: /seed 1: a timer is left, .* at \d+ ms\n\s+at .*networks\.spec\.ts:\d+/,
  }),
  planted('both sides wait for the other', 'everything stands still, without an error', {
    wrong: ({ client, server }) => {
      server.reader.pipe(readExactly(4), take(1)).subscribe({ next: () => server.writer.next('220\n'), ...ignore });
      return client.reader.pipe(
        lines(),
        take(1),
        tap(() => client.writer.next('EHLO\n')),
      );
    },
    right: ({ client, server }) => {
      server.writer.next('220\n');
      return client.reader.pipe(
        lines(),
        take(1),
        tap(() => client.writer.next('EHLO\n')),
      );
    },
    names: /seed 1: the conversation has not ended and nothing more happens after 0 ms/,
  }),
  planted('a time limit is too short for a slow network', 'it fails on trains', {
    wrong: ({ client, server }) => {
      server.reader.subscribe(server.writer);
      client.writer.write('ping\n');
      return client.reader.pipe(lines(), take(1), timeout(100));
    },
    right: ({ client, server }) => {
      server.reader.subscribe(server.writer);
      client.writer.write('ping\n');
      return client.reader.pipe(lines(), take(1), timeout(5000));
    },
    options: { plan: { delay: 40, jitter: 50 } },
  }),
  planted('it does not end after its peer', 'connections become more until no file is left', {
    wrong: ({ client, server }) => {
      server.reader
        .pipe(
          lines(),
          upper,
          map((line) => `${line}\n`),
          writeTo(server.writer),
        )
        .subscribe(ignore);
      client.writer.write('one\n');
      client.writer.writeEof();
      return client.reader;
    },
    right: ({ client, server }) => {
      server.reader
        .pipe(
          lines(),
          upper,
          map((line) => `${line}\n`),
          writeTo(server.writer, { end: true }),
        )
        .subscribe(ignore);
      client.writer.write('one\n');
      client.writer.writeEof();
      return client.reader;
    },
    names: /seed 1: the conversation has not ended and nothing more happens after \d+ ms/,
  }),
  planted('it tries again at once, for ever', 'a processor at 100 % when the peer is gone', {
    wrong: ({ client, server }) => {
      server.writer.writeEof();
      return client.reader.pipe(
        lines(),
        toArray(),
        mergeMap(() => timer(0, 0)),
      );
    },
    right: ({ client, server }) => {
      server.writer.writeEof();
      return client.reader.pipe(
        lines(),
        toArray(),
        mergeMap(() => timer(10)),
      );
    },
    names: /seed 1: .*virtual time does not advance/s,
  }),
]);
