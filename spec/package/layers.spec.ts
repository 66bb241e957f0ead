import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, posix, resolve } from 'node:path';
import * as ts from 'typescript';

// The rooms of src/, from the lowest to the highest. A file imports values from its own room and from those below it; types
// from anywhere. Rooms of the same level do not import each other. Files of a room may lie in folders of the room.
const PURE = ['node:buffer', 'node:string_decoder', 'node:util', 'node:util/types'];
const STREAMS = [...PURE, 'rxjs', 'node:stream', 'node:stream/web', 'node:timers'];
const SOCKETS = [
  ...STREAMS,
  'node:cluster',
  'node:crypto',
  'node:dns',
  'node:events',
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:path',
  'node:process',
  'node:timers/promises',
  'node:tls',
];

// What virtual time with promises replaces and looks at: timers, RxJS's providers of time, promises.
const CLOCKS = [
  'node:module',
  'node:timers/promises',
  'node:v8',
  ...['animationFrame', 'dateTimestamp', 'immediate', 'interval', 'performanceTimestamp', 'timeout'].map(
    (clock) => `rxjs/internal/scheduler/${clock}Provider`,
  ),
];

const ROOMS: Room[] = [
  { name: 'src', level: 0, modules: PURE },
  // It gets plain data and imports nothing of other rooms, so that every room can show itself.
  { name: 'observing', level: 1, modules: ['node:diagnostics_channel', 'node:util'] },
  { name: 'bytes', level: 2, modules: PURE },
  // `node:crypto` takes a certificate out of a resumed session; the sockets themselves are passed to it.
  { name: 'transports', level: 3, modules: [...PURE, 'node:crypto'] },
  { name: 'codecs', level: 4, modules: PURE },
  { name: 'reading', level: 5, modules: STREAMS },
  { name: 'writing', level: 5, modules: STREAMS },
  { name: 'flow', level: 6, modules: STREAMS },
  { name: 'operators', level: 7, modules: STREAMS },
  { name: 'connection', level: 8, modules: STREAMS },
  { name: 'net', level: 9, modules: SOCKETS },
  { name: 'index', level: 10, modules: [] },
  // It sees connections, and does not open any.
  { name: 'wiretap', level: 11, modules: [...STREAMS, 'node:fs'] },
  // It serves the page to a browser, in which nothing of Node.js is there.
  {
    name: 'wiretap/ui',
    level: 12,
    modules: [...STREAMS, 'node:crypto', 'node:fs', 'node:http', 'node:net', 'node:path', 'node:timers/promises'],
  },
  // The command: it opens what the options name.
  { name: 'wiretap/frames', level: 12, modules: [...STREAMS, 'node:path', 'node:url'] },
  { name: 'wiretap/terminal', level: 13, modules: PURE },
  {
    name: 'wiretap/cli',
    level: 14,
    modules: [...STREAMS, 'node:fs', 'node:fs/promises', 'node:net', 'node:path', 'node:util'],
  },
  { name: 'wiretap/page', level: 12, modules: ['preact', 'preact/hooks'] },
  { name: 'testing', level: 12, modules: [...STREAMS, 'node:assert', 'node:path', 'rxjs/testing', ...CLOCKS] },
];

// Values that are imported upwards nevertheless, each with its reason.
const UPWARD: ReadonlyMap<string, string> = new Map([]);

// One exported value per file, of the file's name (types beside it are free). A file of a type may also have functions for that
// type, with its name at their end: `assertListenOptions` is in `ListenOptions.ts`. These collections have several values:
const COLLECTIONS = [
  'errors.ts',
  'argumentChecks.ts',
  'codecs/readDecoders.ts',
  'reading/rxjs7.ts',
  'transports/resets.ts',
  'index.ts',
  'testing/index.ts',
  'wiretap/index.ts',
  'wiretap/page/units.ts',
  // The program of the page.
  'wiretap/page/main.tsx',
];

describe('src/', () => {
  const tree = readTree(resolve(__dirname, '../../src'));

  it('keeps every file in a room', () => expect(homeless(tree)).toEqual([]));
  it('imports values only from lower rooms', () => expect(upward(tree, UPWARD)).toEqual([]));
  it('needs every listed exception', () => expect(unused(tree, UPWARD)).toEqual([]));
  it('imports rxjs, sockets and other modules only where they belong', () => expect(foreign(tree)).toEqual([]));
  it('has no cycles of values', () => expect(cycles(tree)).toEqual([]));
  it('exports one value per file, named like the file', () => expect(misnamed(tree)).toEqual([]));
});

describe('the layer rules', () => {
  const tree = (files: Record<string, string>) =>
    new Map(Object.entries(files).map(([path, code]) => [path, parse(path, code)]));

  it('require a room', () => {
    expect(homeless(tree({ 'errors.ts': '', 'codecs/x.ts': '', 'testing/deep/y.ts': '', 'utils/z.ts': '' }))).toEqual([
      expect.stringContaining('utils/z.ts is in no room'),
    ]);
  });

  it('forbid a value from a higher room and from one of the same level, not a type', () => {
    const files = {
      'codecs/x.ts': "import type { A } from '../net/a'; import '../net/a';",
      'net/a.ts': "import '../codecs/x'; import '../errors';",
      'errors.ts': "import './codecs/x';",
      'reading/r.ts': "import '../writing/w';",
      'writing/w.ts': "import type { R } from '../reading/r';",
    };
    expect(upward(tree(files))).toEqual([
      'codecs/x.ts (codecs) imports net/a.ts (net)',
      'errors.ts (src) imports codecs/x.ts (codecs)',
      'reading/r.ts (reading) imports writing/w.ts (writing)',
    ]);
  });

  it('allow an exception, and require that a listed one is needed', () => {
    const files = { 'bytes/x.ts': "import '../codecs/y';", 'codecs/y.ts': '' };
    const exceptions = new Map([
      ['bytes/x.ts → codecs/y.ts', 'a reason'],
      ['bytes/x.ts → codecs/z.ts', 'of the past'],
    ]);
    expect(upward(tree(files), exceptions)).toEqual([]);
    expect(unused(tree(files), exceptions)).toEqual(['bytes/x.ts → codecs/z.ts']);
  });

  it('forbid an import of a missing file', () => {
    expect(upward(tree({ 'codecs/x.ts': "export * from './y';" }))).toEqual(['codecs/x.ts imports ./y: no such file']);
  });

  it('forbid rxjs below reading and writing, sockets below net, and other packages everywhere', () => {
    const files = {
      'codecs/x.ts': "import type { Observable } from 'rxjs';",
      'connection/y.ts': "import { Observable } from 'rxjs'; import type { Socket } from 'node:net';",
      'writing/z.ts': "import { type Socket, connect } from 'node:net';",
      'net/dial.ts': "import { connect } from 'node:net'; const left = await import('left-pad');",
      'net/listen.ts': "import net = require('node:net'); const right = require('right-pad');",
    };
    expect(foreign(tree(files))).toEqual([
      'codecs/x.ts (codecs) imports rxjs',
      'writing/z.ts (writing) imports node:net',
      'net/dial.ts (net) imports left-pad',
      'net/listen.ts (net) imports right-pad',
    ]);
  });

  it('forbid a cycle of values, not one of types', () => {
    const files = {
      'operators/a.ts': "import { b } from './b';",
      'operators/b.ts': "import { c } from './c';",
      'operators/c.ts': "import { a } from './a'; import type { b } from './b';",
    };
    expect(cycles(tree(files))).toEqual(['operators/a.ts → operators/b.ts → operators/c.ts → operators/a.ts']);
  });

  it('forbid a second value, another name and a default export', () => {
    const files = {
      'codecs/one.ts': 'export interface Options {} export function one(): void {} const inner = 1;',
      'codecs/two.ts': 'export const two = 2, three = 3;',
      'codecs/four.ts': 'export class Four {}',
      'codecs/five.ts': 'export default 5;',
      'codecs/six.ts': 'const six = 6, seven = 7; export { six, seven as eight }; export type { Nine };',
      'codecs/Decoder.ts': 'export interface Decoder {}',
      'net/Seven.ts': 'export interface Seven {} export function assertSeven(): void {}',
      'net/Eight.ts': 'export interface Eight {} export function assertNine(): void {}',
      'transports/Transport.ts': 'export interface Pipe {}',
      'errors.ts': 'export class AError {} export class BError {}',
    };
    expect(misnamed(tree(files))).toEqual([
      'codecs/two.ts exports two, three',
      'codecs/four.ts exports Four',
      'codecs/five.ts exports default',
      'codecs/six.ts exports six, eight',
      'net/Eight.ts exports assertNine',
      'transports/Transport.ts exports Pipe',
    ]);
  });
});

interface Room {
  readonly name: string;
  /** The higher may import the lower. */
  readonly level: number;
  readonly modules: readonly string[];
}

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

interface Module {
  readonly imports: readonly Import[];
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** Paths from `src/`, with `/` between folders. */
type Tree = ReadonlyMap<string, Module>;

function homeless(tree: Tree): string[] {
  return [...tree.keys()]
    .filter((path) => roomOf(path) === undefined)
    .map((path) => `${path} is in no room: move it, or add the room to ROOMS in spec/package/layers.spec.ts`);
}

function upward(tree: Tree, exceptions: ReadonlyMap<string, string> = new Map()): string[] {
  return relativeImports(tree).flatMap(({ path, from, typeOnly, target }) => {
    if (target === undefined) return [`${path} imports ${from}: no such file`];
    const [own, other] = [roomOf(path), roomOf(target)];
    if (typeOnly || own === undefined || other === undefined || own === other || other.level < own.level) return [];
    if (exceptions.has(`${path} → ${target}`)) return [];
    return [`${path} (${own.name}) imports ${target} (${other.name})`];
  });
}

function unused(tree: Tree, exceptions: ReadonlyMap<string, string>): string[] {
  const used = new Set(
    relativeImports(tree).flatMap(({ path, target, typeOnly }) => (typeOnly ? [] : [`${path} → ${target}`])),
  );
  return [...exceptions.keys()].filter((exception) => !used.has(exception));
}

/**
 * Types of Node's are free: they do not exist at run time. Those of rxjs are not: no room below reading and writing
 * uses it.
 */
function foreign(tree: Tree): string[] {
  return [...tree].flatMap(([path, { imports }]) => {
    const room = roomOf(path);
    return imports
      .filter(({ from }) => !from.startsWith('.') && !room?.modules.includes(from))
      .filter(({ from, typeOnly }) => !(typeOnly && from.startsWith('node:')))
      .map(({ from }) => `${path} (${room?.name}) imports ${from}`);
  });
}

function cycles(tree: Tree): string[] {
  const edges = relativeImports(tree).filter(({ typeOnly }) => !typeOnly);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    } else if (!done.has(path)) {
      for (const edge of edges) {
        if (edge.path === path && edge.target !== undefined) visit(edge.target, [...trail, path]);
      }
      done.add(path);
    }
  };
  for (const path of tree.keys()) visit(path, []);
  return found;
}

function misnamed(tree: Tree): string[] {
  return [...tree].flatMap(([path, { values, types }]) => {
    const names = values.length > 0 ? values : types;
    const name = basename(path).replace(/\.tsx?$/, '');
    const isOne = values.length === 1 && values[0] === name;
    const right = isOne || (types.includes(name) && values.every((value) => value.endsWith(name)));
    return COLLECTIONS.includes(path) || right ? [] : [`${path} exports ${names.join(', ') || 'nothing'}`];
  });
}

function roomOf(path: string): Room | undefined {
  const [folder, deeper] = path.split('/');
  const name = deeper !== undefined ? folder : path === 'index.ts' ? 'index' : 'src';
  // A folder of a room may be a room of its own.
  return ROOMS.find((room) => room.name === `${folder}/${deeper}`) ?? ROOMS.find((room) => room.name === name);
}

function relativeImports(tree: Tree): (Import & { path: string; target: string | undefined })[] {
  return [...tree].flatMap(([path, { imports }]) =>
    imports
      .filter(({ from }) => from.startsWith('.'))
      .map(({ from, typeOnly }) => {
        const base = posix.join(posix.dirname(path), from.replace(/\.js$/, ''));
        const target = [`${base}.ts`, `${base}.tsx`, posix.join(base, 'index.ts')].find((candidate) =>
          tree.has(candidate),
        );
        return { path, from, typeOnly, target };
      }),
  );
}

function readTree(folder: string): Tree {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path))
    .sort();
  return new Map(paths.map((path) => [path, parse(path, readFileSync(join(folder, path), 'utf8'))]));
}

function parse(path: string, code: string): Module {
  const source = ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true);
  const [imports, values, types]: [Import[], string[], string[]] = [[], [], []];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) imports.push({ from: specifier.text, typeOnly });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importsTypesOnly(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isExternalModuleReference(node)) add(node.expression, false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node)) {
      const { expression } = node;
      const loads = expression.kind === ts.SyntaxKind.ImportKeyword || expression.getText() === 'require';
      if (loads) add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);

  for (const node of source.statements) {
    if (ts.isExportAssignment(node)) values.push('default');
    else if (ts.isExportDeclaration(node)) {
      if (node.exportClause === undefined) values.push('*');
      else if (ts.isNamespaceExport(node.exportClause)) values.push(node.exportClause.name.text);
      else {
        for (const { name, isTypeOnly } of node.exportClause.elements) {
          (node.isTypeOnly || isTypeOnly ? types : values).push(name.text);
        }
      }
    } else if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(isExport)) {
      if (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) values.push('default');
      else if (ts.isVariableStatement(node)) {
        values.push(...node.declarationList.declarations.map(({ name }) => name.getText()));
      } else if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) types.push(node.name.text);
      else if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isEnumDeclaration(node)) {
        values.push(node.name?.text ?? 'default');
      }
    }
  }
  return { imports, values: [...new Set(values)], types };
}

function isExport({ kind }: ts.Node): boolean {
  return kind === ts.SyntaxKind.ExportKeyword;
}

function importsTypesOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false; // `import './x'` runs x
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = importClause;
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  );
}
