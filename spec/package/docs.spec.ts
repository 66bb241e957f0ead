import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as ts from 'typescript';
import { builtPackage } from './builtPackage';
import { documents, matches, readSnippets, type Snippet, snippetsOf } from './snippets';

// Every ```ts block of README.md and docs/ is a module of a user's program: type-checked and run with the built
// package, in its own process. Its output must match its `// →` comments (see snippets.ts).

/** The time limit of one block, in milliseconds. */
const TIME_LIMIT = 15_000;

const root = resolve(__dirname, '../..');
const folder = join(root, 'build/docs');
const snippets = documents(root).flatMap((document) => readSnippets(root, document));

describe('the documents', () => {
  const results = new Map<Snippet, Result>();

  beforeAll(async () => {
    builtPackage();
    rmSync(folder, { recursive: true, force: true });
    // As in a user's project: the package is found in node_modules, the modules are ESM and can `await` at the top.
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules/rxjs-tcp'), 'junction');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
    for (const snippet of snippets) write(snippet);
    await runAll(
      snippets.filter(({ run }) => run),
      results,
    );
  }, 300_000);

  it('include README.md', () => {
    expect(snippets.filter(({ document, run }) => document === 'README.md' && run)).not.toEqual([]);
  });

  it('contain only blocks that type-check', () => {
    expect(typeErrors()).toEqual([]);
  }, 60_000);

  for (const snippet of snippets.filter(({ run }) => run)) {
    it(`run ${snippet.document}:${snippet.line}`, () => {
      const { printed, trouble } = results.get(snippet)!;
      expect(trouble).toBe('');
      if (!matches(printed, snippet.expected)) expect(printed).toEqual(snippet.expected);
    });
  }
});

describe('snippetsIn()', () => {
  const blocks = (...lines: string[]) => snippetsOf('a.md', lines.join('\n'));

  it('finds the blocks that are marked as ts, at any depth, and no others', () => {
    const found = blocks('```ts', 'a', '```', '```sh', 'b', '```', '- x', '  ```ts', '  c', '    d', '  ```');
    expect(found.map(({ line, code }) => [line, code])).toEqual([
      [2, 'a\n'],
      [9, 'c\n  d\n'],
    ]);
    expect(blocks('````md', '```ts', 'a', '```', '````', '```tsx', 'b', '```')).toEqual([]);
  });

  it('names the blocks and lists those that are not run', () => {
    expect(blocks('```ts no-run file=a.ts', '```', '```ts', '```')).toMatchObject([
      { file: 'a.ts', run: false },
      { file: 'line-4.ts', run: true },
    ]);
    expect(() => blocks('```ts file=a.ts', '```', '```ts file=a.ts', '```')).toThrow(
      'a.md:4: a.ts is the name of two blocks',
    );
    expect(() => blocks('```ts norun', '```')).toThrow('a.md:2: norun is no word for a block');
    expect(() => blocks('```ts', 'a')).toThrow('a.md:2: the block has no end');
  });

  it('reads the expected output of the blocks', () => {
    expect(blocks('```ts', 'print(); // → one two', '// → 3 …', '// not this', '```')[0]!.expected).toEqual([
      'one two',
      '3 …',
    ]);
    expect(matches(['one two', '3 ms (a)'], ['one two', '3 … (a)'])).toBe(true);
    expect(matches(['one two', '3 ms'], ['one two'])).toBe(false);
    expect(matches(['one two'], ['one two', '…'])).toBe(false);
    expect(matches(['one.two'], ['one two'])).toBe(false);
    expect(matches(['axb'], ['a.b'])).toBe(false);
  });
});

interface Result {
  readonly printed: readonly string[];
  /** Why it did not end well, or nothing. */
  readonly trouble: string;
}

function pathOf({ document, file }: Snippet): string {
  return join(folder, document.replace(/\.md$/, ''), file);
}

function write(snippet: Snippet): void {
  const path = pathOf(snippet);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, snippet.code);
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
  writeFileSync(path.replace(/\.ts$/, '.js'), ts.transpileModule(snippet.code, { compilerOptions }).outputText);
}

async function runAll(waiting: Snippet[], results: Map<Snippet, Result>): Promise<void> {
  const queue = [...waiting];
  const worker = async (): Promise<void> => {
    for (let snippet = queue.shift(); snippet !== undefined; snippet = queue.shift()) {
      results.set(snippet, await run(pathOf(snippet).replace(/\.ts$/, '.js')));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

function run(path: string): Promise<Result> {
  return new Promise((settle) => {
    execFile(process.execPath, [path], { cwd: dirname(path), timeout: TIME_LIMIT }, (error, stdout, stderr) => {
      const printed = stdout.replace(/\n$/, '').split('\n');
      let trouble = '';
      if (error?.killed) trouble = `took more than ${TIME_LIMIT} ms\nprinted: ${stdout}${stderr}`;
      else if (error) trouble = `exit code ${error.code}\n${stderr}`;
      settle({ printed: stdout === '' ? [] : printed, trouble });
    });
  });
}

function typeErrors(): string[] {
  const program = ts.createProgram(snippets.map(pathOf), {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.Node16,
    moduleDetection: ts.ModuleDetectionKind.Force,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    const snippet = snippets.find((candidate) => file && resolve(pathOf(candidate)) === resolve(file.fileName));
    if (file === undefined || start === undefined || snippet === undefined) return `${file?.fileName ?? ''} ${text}`;
    return `${snippet.document}:${snippet.line + file.getLineAndCharacterOfPosition(start).line}: ${text}`;
  });
}
