import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as ts from 'typescript';
import { builtPackage } from './builtPackage';

// A user's test files with the built package, in each installed test runner: correct ones pass, wrong ones fail, and
// their output is legible.

/** The same tests for every runner; `test` is its own. */
const TESTS = `
const { map, timer } = require('rxjs');
const { lines, readLine, writeTo } = require('rxjs-tcp');
const { hex, runMarbles, scriptedPeer, simulate } = require('rxjs-tcp/testing');

/** Answers each line in capitals. */
const shout = ({ reader, writer }) => reader.pipe(lines(), map((line) => line.toUpperCase() + '\\n'), writeTo(writer, { end: true }));

test('answers lines', () => {
  runMarbles(({ connection, expectObservable }) => {
    const near = connection('a-b|', { a: 'one\\ntw', b: hex\`6f 0a\` });
    expectObservable(shout(near)).toBe('a-b|', { a: 4, b: 8 });
    expectObservable(near.written$).toBe('a-b|', { a: 'ONE\\n', b: 'TWO\\n' });
  });
});

test('plays a script', async () => {
  const peer = scriptedPeer().sends('one\\n').receives('ONE\\n').fin().receivesFin();
  const near = peer.connect();
  shout(near).subscribe();
  await peer.done;
});

if (process.env.WRONG) {
  test('wrong marbles', () => {
    runMarbles(({ connection, expectObservable }) => {
      expectObservable(connection('a|', { a: 'one\\n' }).reader).toBe('a|', { a: 'ond\\n' });
    });
  });

  test('wrong script', async () => {
    const peer = scriptedPeer().sends('one\\n').receives('ONE!\\n');
    shout(peer.connect()).subscribe({ error: () => {} });
    await peer.done;
  });

  test('wrong script that nobody awaits', async () => {
    const { reader, writer } = scriptedPeer().receives('PING').connect();
    writer.write('PONG');
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('a timer is left', () => {
    simulate(({ client }) => {
      timer(0, 1000).subscribe(); // the timer
      client.writer.writeEof();
      return timer(1);
    });
  });

  test('a write after the end', () => {
    simulate(({ client }) => {
      client.writer.writeEof();
      client.writer.next('late'); // the write
      return timer(1);
    });
  });
}
`;

/** In TypeScript the lines are others than in what it is compiled to: interfaces leave none. */
const PLACES = `
import { timer } from 'rxjs';
import { runMarbles, simulate, type Simulation } from 'rxjs-tcp/testing';

interface Unused {
  readonly lines: number;
}

function show(work: () => void): void {
  try {
    work();
  } catch (error) {
    console.log(/places\\.ts:\\d+/.exec((error as Error).message + (error as Error).stack)![0]);
  }
}

show(() => runMarbles(({ connection, expectObservable }) => {
  expectObservable(connection('a').reader).toBe('b'); // the marbles
}));
show(() => simulate(({ client }: Simulation) => {
  interface Unused {
    readonly lines: number;
  }
  timer(0, 1000).subscribe(); // the timer
  return timer(1);
}));
show(() => simulate(({ client }: Simulation) => {
  client.writer.writeEof();
  client.writer.next('late'); // the write
  return timer(1);
}));
`;

/** The number of a line. */
const lineOf = (program: string, text: string) => program.slice(0, program.indexOf(text)).split('\n').length;

describe('rxjs-tcp/testing with the built package', () => {
  let project: string;

  beforeAll(() => {
    const root = builtPackage();
    project = realpathSync(mkdtempSync(join(tmpdir(), 'rxjs-tcp-')));
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(root, join(project, 'node_modules/rxjs-tcp'), 'junction');
    symlinkSync(join(root, 'node_modules/rxjs'), join(project, 'node_modules/rxjs'), 'junction');
    writeFileSync(join(project, 'package.json'), '{ "private": true }');
    writeFileSync(join(project, 'node.js'), `const test = require('node:test');${TESTS}`);
    writeFileSync(join(project, 'jest.test.js'), TESTS);
  });

  afterAll(() => rmSync(project, { recursive: true, force: true }));

  /** The output of a runner, and its exit. */
  function run(wrong: boolean, ...args: string[]): Promise<{ code: unknown; printed: string }> {
    const env: NodeJS.ProcessEnv = { ...process.env, WRONG: wrong ? '1' : '', NO_COLOR: '1' };
    // Without this, node:test and Jest think they are children of another runner.
    delete env.NODE_TEST_CONTEXT;
    delete env.JEST_WORKER_ID;
    delete env.NODE_OPTIONS;
    return new Promise((settle) => {
      execFile(process.execPath, args, { cwd: project, env }, (error, stdout, stderr) => {
        settle({ code: error === null ? 0 : error.code, printed: `${stdout}${stderr}` });
      });
    });
  }

  const jest = join(dirname(require.resolve('jest/package.json')), 'bin/jest.js');

  it.each<[string, string[]]>([
    ['node:test', ['--test', 'node.js']],
    ['Jest', [jest, '--ci']],
  ])(
    '%s passes correct code',
    async (_, args) => {
      const { code, printed } = await run(false, ...args);
      expect(printed).toMatch(/pass 2\b|Tests: +2 passed/);
      expect(code).toBe(0);
    },
    30_000,
  );

  it.each<[string, string[]]>([
    ['node:test', ['--test', 'node.js']],
    ['Jest', [jest, '--ci']],
  ])(
    '%s fails wrong code, and says why',
    async (_, args) => {
      const { code, printed } = await run(true, ...args);
      expect(code).toBe(1);
      expect(printed).toMatch(/fail 5\b|Tests: +5 failed/);
      expect(printed).toContain("at 0 ms, byte 2 is 65 'e', not 64 'd'");
      expect(printed).toMatch(/> 0 ms +'ond\\+n' +'one\\+n'/);
      expect(printed).toContain("byte 3 is 0a '\\n', not 21 '!'");
      expect(printed).toContain("receives 'PING': byte 1 is 4f 'O', not 49 'I'");
      expect(printed).toMatch(
        new RegExp(
          `after the conversation has ended at 1 ms[^]*?${args.at(-1) === '--ci' ? 'jest.test' : 'node'}\\.js:${lineOf(TESTS, '// the timer')}:`,
        ),
      );
      expect(printed).toMatch(
        new RegExp(`writes 'late' after it has ended its side, at 0 ms[^]*?\\.js:${lineOf(TESTS, '// the write')}:`),
      );
    },
    30_000,
  );

  it('failures name the line of the source where source maps are on', async () => {
    const { outputText, sourceMapText } = ts.transpileModule(PLACES, {
      fileName: 'places.ts',
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, sourceMap: true },
    });
    writeFileSync(join(project, 'places.ts'), PLACES);
    writeFileSync(join(project, 'places.js'), outputText);
    writeFileSync(join(project, 'places.js.map'), sourceMapText!);
    const { printed } = await run(false, '--enable-source-maps', 'places.js');
    const lines = ['// the marbles', '// the timer', '// the write'].map((text) => `places.ts:${lineOf(PLACES, text)}`);
    expect(printed.trim().split('\n')).toEqual(lines);
  }, 30_000);
});
