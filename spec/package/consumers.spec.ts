import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { rollup } from 'rollup';
import * as ts from 'typescript';
import { builtPackage } from './builtPackage';

// The published package, packed and unpacked into its own project, as each kind of user loads it.

const execute = promisify(execFile);

const SOURCE = `
  import { map } from 'rxjs';
  import { type Connection, connectionPair, eachValueFrom, lines, openConnection, StreamReader } from 'rxjs-tcp';
  import { connectionPair as memoryPair } from 'rxjs-tcp/testing';
  import { type Wiretap, wiretap } from 'rxjs-tcp/wiretap';

  const [near]: readonly [Connection, Connection] = memoryPair === connectionPair ? memoryPair() : connectionPair();
  const reader: StreamReader = near.reader;
  export const tap: Wiretap = wiretap(near, { redact: (bytes, direction) => (direction === 'rx' ? bytes : bytes.fill(0)) });
  export const lengths: Promise<number> = new Promise((resolve) => {
    reader.pipe(lines(), map((line) => line.length)).subscribe(resolve);
  });
  export const dialled: Promise<Connection> = openConnection({ host: '127.0.0.1', port: 1 });
  export async function each(): Promise<void> {
    // @ts-expect-error: a chunk is a Buffer, and not any
    for await (const chunk of reader) chunk satisfies number;
    // @ts-expect-error: a line is a string, and not any
    for await (const line of eachValueFrom(reader.pipe(lines()))) line satisfies number;
  }
  // @ts-expect-error: the types are there, not any
  export const wrong: Promise<number> = openConnection({ host: '127.0.0.1', port: 1 });
`;

describe('the published package', () => {
  let project: string;
  const installed = (...path: string[]) => join(project, 'node_modules/rxjs-tcp', ...path);

  beforeAll(async () => {
    const root = builtPackage();
    project = realpathSync(mkdtempSync(join(tmpdir(), 'rxjs-tcp-')));
    const npm = ['pack', '--ignore-scripts', '--silent', '--pack-destination', project];
    await execute('npm', npm, { cwd: root, shell: process.platform === 'win32' });
    const archive = readdirSync(project).find((name) => name.endsWith('.tgz'))!;
    mkdirSync(installed(), { recursive: true });
    await execute('tar', ['-xzf', join(project, archive), '-C', installed(), '--strip-components=1']);
    for (const dependency of ['rxjs', '@types/node']) {
      const link = join(project, 'node_modules', dependency);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, 'node_modules', dependency), link, 'junction');
    }
    file('package.json', '{ "private": true }');
  }, 60_000);

  afterAll(() => rmSync(project, { recursive: true, force: true }));

  function file(name: string, code: string): string {
    const path = join(project, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
    return path;
  }

  async function node(...args: string[]): Promise<string> {
    const { stdout } = await execute(process.execPath, args, { cwd: project });
    return stdout.trim();
  }

  it('contains the needed files and nothing else', () => {
    const names = readdirSync(installed(), { recursive: true, encoding: 'utf8' }).map((name) =>
      name.replaceAll('\\', '/'),
    );
    expect(names).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'CHANGELOG.md',
        'SECURITY.md',
        'dist/index.js',
        'dist/testing/index.d.ts',
        'dist/wiretap/index.d.ts',
      ]),
    );
    expect(
      names.filter(
        (name) =>
          !/^(package\.json|LICENSE|[A-Z]+\.md|docs(\/\w+\.md)?|demos(\/\w+(\/README\.md)?)?|(dist|src)(\/.*)?)$/.test(
            name,
          ),
      ),
    ).toEqual([]);
    expect(names.filter((name) => /\.spec\.|\.tsbuildinfo$/.test(name))).toEqual([]);
  });

  it('contains every page that README.md links to', () => {
    const readme = readFileSync(installed('README.md'), 'utf8');
    const links = Array.from(readme.matchAll(/\]\((?!https?:)([^)#]+)/g), ([, target]) => target!);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((target) => target.endsWith('.md') && !existsSync(installed(target)))).toEqual([]);
  });

  it('has source maps that lead to the included sources', () => {
    const maps = readdirSync(installed('dist'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.map'),
    );
    expect(maps).not.toEqual([]);
    for (const map of maps) {
      const path = installed('dist', map);
      const { sources } = JSON.parse(readFileSync(path, 'utf8')) as { sources: string[] };
      for (const source of sources) expect(() => readFileSync(join(dirname(path), source))).not.toThrow();
    }
  });

  it('has only peer dependencies: rxjs, and the types of Node', () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
      readFileSync(installed('package.json'), 'utf8'),
    );
    expect({ dependencies, peerDependencies, peerDependenciesMeta }).toEqual({
      peerDependencies: { '@types/node': '>=20', rxjs: '^7.8.0' },
      // Users of TypeScript need its types.
      peerDependenciesMeta: { '@types/node': { optional: true } },
    });
  });

  it('loads with require', async () => {
    const code = `
      const { openConnection, StreamReader } = require('rxjs-tcp');
      const { connectionPair } = require('rxjs-tcp/testing');
      const { version } = require('rxjs-tcp/package.json');
      console.log(typeof openConnection, typeof version, connectionPair()[0].reader instanceof StreamReader);
    `;
    expect(await node('-e', code)).toBe('function string true');
  });

  it('loads with import, by named imports of every export', async () => {
    const path = file(
      'load.mjs',
      `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      for (const name of ['rxjs-tcp', 'rxjs-tcp/testing', 'rxjs-tcp/wiretap']) {
        const { default: whole, ...named } = await import(name);
        delete named['module.exports'];
        const missing = Object.keys(require(name)).filter((key) => named[key] !== require(name)[key]);
        console.log(name, Object.keys(named).length > 0, missing.join());
      }
    `,
    );
    expect(await node(path)).toBe('rxjs-tcp true \nrxjs-tcp/testing true \nrxjs-tcp/wiretap true');
  });

  it('shares one copy of each class, and of rxjs, between require and import in one process', async () => {
    const path = file(
      'both.mjs',
      `
      import { createRequire } from 'node:module';
      import { Observable } from 'rxjs';
      import { StreamReader } from 'rxjs-tcp';
      import { connectionPair } from 'rxjs-tcp/testing';
      const required = createRequire(import.meta.url)('rxjs-tcp');
      const readers = [connectionPair()[0].reader, required.connectionPair()[0].reader];
      for (const type of [StreamReader, required.StreamReader, Observable]) {
        console.log(readers.every((reader) => reader instanceof type));
      }
    `,
    );
    expect(await node(path)).toBe('true\ntrue\ntrue');
  });

  it('loads nothing of the wiretap, and nothing of the testing kit, with the main entry', async () => {
    const code = `
      require('rxjs-tcp');
      const ours = Object.keys(require.cache).filter((name) => !name.includes('node_modules/rxjs/'));
      console.log(ours.map((name) => name.split(/[\\\\/]/).at(-1)).sort().join());
    `;
    expect(await node('-e', code)).toBe('core.js,index.js');
    const both =
      "require('rxjs-tcp/wiretap'); console.log(Object.keys(require.cache).some((name) => name.includes('testing')))";
    expect(await node('-e', both)).toBe('false');
    const sources = JSON.parse(readFileSync(installed('dist/core.js.map'), 'utf8')).sources as string[];
    expect(sources.filter((source) => /\/(wiretap|testing)\//.test(source))).toEqual([]);
  });

  it('has ES modules for bundlers, with the same exports', async () => {
    const path = file(
      'modules.mjs',
      `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const { exports } = require('rxjs-tcp/package.json');
      for (const entry of ['.', './testing', './wiretap']) {
        const modules = await import(new URL(exports[entry].module, new URL('node_modules/rxjs-tcp/', import.meta.url)));
        const required = Object.keys(require('rxjs-tcp' + entry.slice(1)));
        console.log(required.length > 1, Object.keys(modules).sort().join() === required.sort().join());
      }
    `,
    );
    expect(await node(path)).toBe('true true\ntrue true\ntrue true');
  });

  it.each(['index.mjs', 'testing/index.mjs', 'wiretap/index.mjs'])(
    '%s does nothing when it is loaded: bundlers leave out what is not used',
    async (name) => {
      const entry = file('nothing.mjs', `import ${JSON.stringify(installed('dist', name))};`);
      const bundle = await rollup({ input: entry, external: /^(node:|rxjs)/, treeshake: { moduleSideEffects: true } });
      const { output } = await bundle.generate({ format: 'es' });
      await bundle.close();
      expect(output.map(({ type }) => type)).toEqual(['chunk']);
      const code = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.code.trim().split('\n') : []));
      // What is taken from Node stays: a few bytes.
      expect(code.filter((line) => !/^$|^import |^const \{ \w+ \} = [\w.]+;$/.test(line))).toEqual([]);
    },
    30_000,
  );

  it('has stack traces that lead to its sources where source maps are on', async () => {
    const code = "try { require('rxjs-tcp').lines({ limit: -1 }) } catch ({ stack }) { console.log(stack) }";
    const [, line] = (await node('--enable-source-maps', '-e', code)).split('\n    at ');
    const [, path, at] = /\((.*):(\d+):\d+\)/.exec(line!)!;
    expect(relative(installed(), path!)).toBe(join('src', 'argumentChecks.ts'));
    expect(readFileSync(path!, 'utf8').split('\n')[Number(at) - 1]).toContain('throw new RangeError');
  }, 30_000);

  it.each([[[]], [['--enable-source-maps']]])(
    'names the line of a test that sets a timer, with the flags %j',
    async (flags) => {
      const path = file(
        'timer.js',
        `
      const { timer } = require('rxjs');
      const { lines } = require('rxjs-tcp');
      const { simulate } = require('rxjs-tcp/testing');
      const talk = ({ client, server }) => {
        timer(1e9).subscribe(); // here
        client.writer.writeEof();
        server.writer.writeEof();
        return client.reader.pipe(lines());
      };
      try { simulate(talk, { runs: 1 }) } catch ({ message }) { console.log(message) }
    `,
      );
      const line = readFileSync(path, 'utf8')
        .split('\n')
        .findIndex((text) => text.endsWith('// here'));
      expect(await node(...flags, path)).toContain(`${path}:${line + 1}:`);
    },
    30_000,
  );

  it('has declarations without comments on private members', () => {
    for (const name of ['core.d.ts', 'index.d.ts', 'testing/index.d.ts', 'wiretap/index.d.ts']) {
      expect(readFileSync(installed('dist', name), 'utf8')).not.toMatch(/\*\/\n +private /);
    }
  });

  it('blocks imports of private files', async () => {
    const code = "try { require('rxjs-tcp/dist/index.js') } catch ({ code }) { console.log(code) }";
    expect(await node('-e', code)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('loads in Jest with its default configuration', async () => {
    file(
      'jest/lines.test.js',
      `
      const { firstValueFrom } = require('rxjs');
      const { connectionPair, lines } = require('rxjs-tcp');
      const testing = require('rxjs-tcp/testing');
      test('reads a line', async () => {
        expect(testing.connectionPair).toBe(connectionPair);
        const [near, far] = connectionPair();
        near.writer.write('hello\\n');
        expect(await firstValueFrom(far.reader.pipe(lines()))).toBe('hello');
      });
    `,
    );
    const jest = join(dirname(require.resolve('jest/package.json')), 'bin/jest.js');
    await expect(node(jest, '--silent', '--ci')).resolves.toBe('');
  }, 60_000);

  it('has declarations that TypeScript 5.0 accepts: no more type arguments than it knew', () => {
    const names = readdirSync(installed('dist'), { recursive: true, encoding: 'utf8' });
    const found = names
      .filter((name) => name.endsWith('.d.ts'))
      .flatMap((name) => tooManyTypeArguments(name, readFileSync(installed('dist', name), 'utf8')));
    expect(found).toEqual([]);
    // Syntax that an older compiler would refuse, or treat as any.
    const newer = 'export declare const a: AsyncIterableIterator<Buffer, undefined>, b: Uint8Array<ArrayBuffer>;';
    expect(tooManyTypeArguments('newer.d.ts', newer)).toHaveLength(2);
  });

  it.each([
    [
      'commonjs and node10',
      'ts',
      { module: ts.ModuleKind.CommonJS, moduleResolution: 2 satisfies ts.ModuleResolutionKind },
    ],
    ['CommonJS and node16', 'cts', { module: ts.ModuleKind.Node16 }],
    ['ES modules and node16', 'mts', { module: ts.ModuleKind.Node16 }],
    [
      'ES modules and bundler',
      'ts',
      { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
    ],
  ])(
    'has types for %s',
    (_name, extension, options) => {
      const path = file(`types.${extension}`, SOURCE);
      const program = ts.createProgram([path], {
        ...options,
        ignoreDeprecations: '6.0',
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
        // Those of Node are there because our declarations ask for them: since TypeScript 6 nothing else does.
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
      });
      // The user's file and our declarations; the declarations of TypeScript, Node and rxjs are not ours to check.
      const files = program
        .getSourceFiles()
        .filter(({ fileName }) => fileName.startsWith(project.replaceAll('\\', '/')));
      expect(files.map(({ fileName }) => relative(project, fileName))).toContain(`types.${extension}`);
      const found = files.flatMap((source) => [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ]);
      expect(
        found.map(
          ({ file: at, messageText }) => `${at?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
        ),
      ).toEqual([]);
    },
    60_000,
  );
});

/** Global types that have gained type parameters since TypeScript 5.0, and how many they had then. */
const TYPE_PARAMETERS: Readonly<Record<string, number>> = {
  AsyncIterable: 1,
  AsyncIterableIterator: 1,
  Iterable: 1,
  IterableIterator: 1,
  Buffer: 0,
  DataView: 0,
  Uint8Array: 0,
};

function tooManyTypeArguments(name: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const [type, args] = ts.isTypeReferenceNode(node)
      ? [node.typeName.getText(), node.typeArguments]
      : ts.isExpressionWithTypeArguments(node)
        ? [node.expression.getText(), node.typeArguments]
        : ['', undefined];
    if ((args?.length ?? 0) > (TYPE_PARAMETERS[type] ?? Number.POSITIVE_INFINITY))
      found.push(`${name}: ${node.getText()}`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true));
  return found;
}
