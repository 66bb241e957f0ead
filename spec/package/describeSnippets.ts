import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as ts from 'typescript';
import { ALL_RUNS } from '../support/runs';
import { builtPackage } from './builtPackage';
import { matches, type Snippet } from './snippets';

/** What one block may take, in milliseconds. */
const TIME_LIMIT = 15_000;

const root = resolve(__dirname, '../..');

/**
 * The specs of blocks of code: each is a module of a user's program, type-checked and run against the built package, in a
 * process for a few of them, or for each with `npm run test:all`. What it prints must be what its `// →` comments say.
 *
 * @param folder - Where the modules are written, from the root of the project.
 */
export function describeSnippets(folder: string, snippets: readonly Snippet[]): void {
  const results = new Map<Snippet, Result>();
  const place = join(root, folder);
  const executed = snippets.filter(({ run }) => run);

  beforeAll(async () => {
    builtPackage();
    rmSync(place, { recursive: true, force: true });
    // As in a user's project: the package is found in node_modules, the modules are ESM and may `await` at the top.
    mkdirSync(join(place, 'node_modules'), { recursive: true });
    symlinkSync(root, join(place, 'node_modules/rxjs-tcp'), 'junction');
    writeFileSync(join(place, 'package.json'), '{ "type": "module" }\n');
    for (const snippet of snippets) write(pathOf(place, snippet), snippet);
    await runAll(place, executed, results);
  }, 300_000);

  it('have blocks with the right types', () => {
    expect(typeErrors(place, snippets)).toEqual([]);
  }, 60_000);

  for (const snippet of executed) {
    it(`run ${snippet.document}:${snippet.line}`, () => {
      const { printed, trouble } = results.get(snippet)!;
      expect(trouble).toBe('');
      if (!matches(printed, snippet.expected)) expect(printed).toEqual(snippet.expected);
    });
  }
}

interface Result {
  readonly printed: readonly string[];
  /** Why it didn't end well, or nothing. */
  readonly trouble: string;
}

function pathOf(place: string, { document, file }: Snippet): string {
  return join(place, document.replace(/\.\w+$/, ''), file);
}

function write(path: string, snippet: Snippet): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, snippet.code);
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
  writeFileSync(path.replace(/\.ts$/, '.js'), ts.transpileModule(snippet.code, { compilerOptions }).outputText);
}

/** Runs them on all cores; together where that is possible, and each of those that then fail once more, alone. */
async function runAll(place: string, snippets: readonly Snippet[], results: Map<Snippet, Result>): Promise<void> {
  const path = (snippet: Snippet) => pathOf(place, snippet).replace(/\.ts$/, '.js');
  const together = snippets.filter((snippet) => !ALL_RUNS && !importsAnother(snippet));
  await eachOnACore(batchesOf(together), async (batch) => {
    const ended = await runInTurn(batch.map(path));
    for (const [i, printed] of ended.entries()) results.set(batch[i]!, { printed: linesOf(printed), trouble: '' });
  });
  const right = (snippet: Snippet) => {
    const result = results.get(snippet);
    return result !== undefined && matches(result.printed, snippet.expected);
  };
  await eachOnACore(
    snippets.filter((snippet) => !right(snippet)),
    async (snippet) => void results.set(snippet, await runAlone(path(snippet))),
  );
}

/** In one process it would be the same module that an earlier block has imported. */
function importsAnother({ code }: Snippet): boolean {
  return /from '\.\//.test(code);
}

/** How many modules run in one process. */
const BATCH = 12;

function batchesOf(snippets: readonly Snippet[]): Snippet[][] {
  const count = Math.ceil(snippets.length / BATCH);
  return Array.from({ length: count }, (_, i) => snippets.slice(i * BATCH, (i + 1) * BATCH));
}

async function eachOnACore<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** What each of the modules has printed that came to a good end. */
function runInTurn(paths: readonly string[]): Promise<string[]> {
  const program = join(__dirname, 'runInTurn.mjs');
  return new Promise((settle) => {
    // What hangs among them has the time that it would have alone; the others take a fraction of it.
    execFile(process.execPath, [program, ...paths], { timeout: 2 * TIME_LIMIT }, (_error, stdout) =>
      settle(stdout.split('\0\n').slice(0, -1)),
    );
  });
}

function runAlone(path: string): Promise<Result> {
  return new Promise((settle) => {
    execFile(process.execPath, [path], { cwd: dirname(path), timeout: TIME_LIMIT }, (error, stdout, stderr) => {
      let trouble = '';
      if (error?.killed) trouble = `took more than ${TIME_LIMIT} ms\nprinted: ${stdout}${stderr}`;
      else if (error) trouble = `exit code ${error.code}\n${stderr}`;
      settle({ printed: linesOf(stdout), trouble });
    });
  });
}

function linesOf(stdout: string): string[] {
  return stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n');
}

function typeErrors(place: string, snippets: readonly Snippet[]): string[] {
  const program = ts.createProgram(
    snippets.map((snippet) => pathOf(place, snippet)),
    {
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
    },
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    const snippet = snippets.find((candidate) => file && resolve(pathOf(place, candidate)) === resolve(file.fileName));
    if (file === undefined || start === undefined || snippet === undefined) return `${file?.fileName ?? ''} ${text}`;
    return `${snippet.document}:${snippet.line + file.getLineAndCharacterOfPosition(start).line}: ${text}`;
  });
}
