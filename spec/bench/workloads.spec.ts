// Every contender that needs no installation receives the bytes of the driver, in this process: all counts are equal.
// How fast they are is for `npm run bench`.

import { Compared } from '../../bench/driver/Compared';
import { ping } from '../../bench/driver/ping';
import { send } from '../../bench/driver/send';
import { target } from '../../bench/driver/target';
import { assertCounted } from '../../bench/support/assertCounted';
import { blockOf } from '../../bench/support/blocks';
import { rangesOf } from '../../bench/support/cores';
import { plot } from '../../bench/support/plot';
import type { Served } from '../../bench/support/serve';
import type { Serve, Told } from '../../bench/support/Workload';
import { workloads } from '../../bench/workloads';
import { chunksOf, ways as decoders } from '../../bench/workloads/decoders';
import { ways as longLines } from '../../bench/workloads/longLine';
import { numberedLines } from '../../bench/workloads/slowConsumer';

const NEEDS_INSTALLATION = /split2|Effect|asyncio|it-|promise-socket|^Bun|^Go/;

const contendersOf = (workload: string) =>
  workloads
    .find(({ name }) => name === workload)!
    .cases.flatMap((of) =>
      Object.entries(of.contenders)
        .filter(([name]) => !NEEDS_INSTALLATION.test(name))
        .map(([name, serve]) => ({ of, id: of.id, name, serve: serve as Serve })),
    );

/** Serves one connection, and returns the result. */
async function serving<T>(serve: Serve, argument: string, connect: (port: number) => Promise<T>) {
  let tell!: (told: Told) => void;
  const served = new Promise<Told>((resolve) => {
    tell = resolve;
  });
  const { port, close } = await serve(tell, argument);
  const sent = await connect(port);
  const counted = (await served) as Served;
  close();
  return { sent, counted };
}

describe.each(['lines', 'frames', 'echo'])('the workload %s', (workload) => {
  it.each(contendersOf(workload))('counts correctly: $id, $name', async ({ of, serve }) => {
    const { spec, as, echo } = of.stream!;
    const block = blockOf(spec);
    const { sent, counted } = await serving(serve, '', (port) => send({ port, spec, time: 0 }));
    expect(sent).toMatchObject({ blocks: 1, back: echo ? block.bytes.length : 0, right: true });
    assertCounted(block, 1, counted, as);
    expect(counted.seconds).toBeGreaterThan(0);
  });
});

describe('the workload diagnostics', () => {
  const withoutSubscriber = contendersOf('diagnostics').filter(
    ({ of, name }) => of.stream !== undefined && name === 'no subscriber',
  );

  it.each(withoutSubscriber)('counts correctly: $id', async ({ of, serve }) => {
    const { spec, as } = of.stream!;
    const block = blockOf(spec);
    const { counted } = await serving(serve, '', (port) => send({ port, spec, time: 0 }));
    assertCounted(block, 1, counted, as);
  });
});

describe('the workload pingPong', () => {
  it.each(contendersOf('pingPong').filter(({ id }) => id === '1'))('counts correctly: $name', async ({ serve }) => {
    const spec = { kind: 'lines', size: 64, text: 'ascii' } as const;
    const { sent, counted } = await serving(serve, '', (port) =>
      ping({ type: 'ping', port, connections: 1, spec, warm: 0, timed: 20 }),
    );
    expect(sent.answers).toBeGreaterThan(0);
    expect(counted.frames).toBe(sent.answers);
    expect(sent.p50).toBeLessThanOrEqual(sent.p99);
  });
});

describe('the workload proxy', () => {
  it.each(contendersOf('proxy').filter(({ id }) => id === 'fast'))('forwards every byte: $name', async ({ serve }) => {
    const spec = { kind: 'bytes' } as const;
    let arrived!: (told: Told) => void;
    const arriving = new Promise<Told>((resolve) => {
      arrived = resolve;
    });
    const to = await target({ type: 'target', spec, rest: 0 }, arrived);
    const { counted } = await serving(serve, `${to.port}`, (port) => send({ port, spec, time: 0 }));
    expect(await arriving).toEqual({ type: 'arrived', bytes: blockOf(spec).bytes.length, right: true });
    expect(counted.length).toBe(blockOf(spec).bytes.length);
    to.close();
  });
});

describe('the workload slowConsumer', () => {
  const contenders = contendersOf('slowConsumer').filter(({ id }) => id === 'lines');

  it.each(contenders)('counts correctly: $name', async ({ serve }) => {
    const { counted } = await serving(serve, '', (port) => send({ port, spec: numberedLines, time: 0 }));
    assertCounted(blockOf(numberedLines), 1, counted, 'text');
  });
});

describe('the workload decoders', () => {
  it.each(Object.entries(decoders))('counts correctly: %s', (_, make) => {
    const way = make();
    const chunks = chunksOf(32);
    for (const chunk of chunks) way.push(chunk);
    expect(way.counted).toEqual({ frames: 65_536, bytes: 65_536 * 32 });
  });
});

describe('the workload longLine', () => {
  it.each(Object.entries(longLines))('returns the line: %s', (_, make) => {
    const way = make();
    for (const part of ['a', 'long', ' line']) way.push(Buffer.from(part));
    expect(way.line).toBeUndefined();
    way.push(Buffer.from('.\nrest'));
    expect(`${way.line}`).toBe('along line.\n');
  });
});

describe('the driver of the bench', () => {
  it('notices a wrong answer', () => {
    const block = Buffer.from('abcdef');
    const came = new Compared(block);
    for (const part of ['ab', 'cdefabcdefab', 'cd']) came.add(Buffer.from(part));
    expect([came.bytes, came.right]).toEqual([16, true]);
    came.add(Buffer.from('f'));
    expect(came.right).toBe(false);
  });
});

describe('the plot of the bench', () => {
  const [lines] = workloads;
  const bar = (name: string, ratio: number) => ({ name, floor: ratio === 1, values: {}, ratios: { rate: ratio } });
  const rows = [bar('net by hand', 1), bar('rxjs-tcp readLine()', 2), bar('a < b & c', 0.5)];
  const svg = plot(lines!, [{ workload: 'lines', case: '64/Buffers', title: '', spread: 0, rows }]);

  it('has a bar for each contender, as long as its ratio', () => {
    const widths = [...svg.matchAll(/<rect class="(\w+)" x="300" y="\d+" width="([\d.]+)"/g)];
    expect(widths.map(([, kind]) => kind)).toEqual(['floor', 'ours', 'peer']);
    const [one, two, half] = widths.map(([, , width]) => Number(width)) as [number, number, number];
    expect(two / one).toBeCloseTo(2, 1);
    expect(half / one).toBeCloseTo(0.5, 1);
  });

  it('has no bar for a contender that was not measured', () => {
    const other = { name: 'other', floor: false, values: {}, ratios: {} };
    const same = plot(lines!, [
      { workload: 'lines', case: '64/Buffers', title: '', spread: 0, rows: [...rows, other] },
    ]);
    expect(same).toBe(svg);
  });

  it('has legible text in light and in dark mode', () => {
    expect(svg).toContain('a &lt; b &amp; c');
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});

describe('the list of cores', () => {
  it('is parsed from ranges and single numbers', () => {
    expect(rangesOf('0-2,5\n')).toEqual([0, 1, 2, 5]);
    expect(rangesOf('7')).toEqual([7]);
    expect(rangesOf('')).toEqual([]);
  });
});
