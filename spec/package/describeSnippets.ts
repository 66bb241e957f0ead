import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as ts from 'typescript';
import { builtPackage } from './builtPackage';
import { matches, type Snippet } from './snippets';

/** What one block may take, in milliseconds. */
const TIME_LIMIT = 15_000;

const root = resolve(__dirname, '../..');

/**
 * The specs of blocks of code: each is a module of a user's program, type-checked and run against the built package, in a
 * process of its own. What it prints must be what its `// →` comments say.
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

async function runAll(place: string, waiting: readonly Snippet[], results: Map<Snippet, Result>): Promise<void> {
  const queue = [...waiting];
  const worker = async (): Promise<void> => {
    for (let snippet = queue.shift(); snippet !== undefined; snippet = queue.shift()) {
      results.set(snippet, await run(pathOf(place, snippet).replace(/\.ts$/, '.js')));
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
