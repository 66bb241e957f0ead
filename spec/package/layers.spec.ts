import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, posix, resolve } from 'node:path';
import * as ts from 'typescript';

// The layers of src/, from the lowest to the highest: a file may import from its own layer and from those above it in
// this table, and nothing else. `folder/*` is every file of a folder. `modules` are what may be imported besides.
const NO_IO = ['node:buffer', 'node:string_decoder', 'node:util', 'node:util/types'];
const STREAMS = [...NO_IO, 'rxjs', 'node:events', 'node:stream', 'node:stream/web', 'node:timers'];
const SOCKETS = [
  ...STREAMS,
  'node:cluster',
  'node:crypto',
  'node:dns',
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:path',
  'node:process',
  'node:timers/promises',
  'node:tls',
];

const LAYERS: Layer[] = [
  {
    name: 'bytes',
    modules: NO_IO,
    files: [
      'errors.ts',
      'defaults.ts',
      'assertByteCount.ts',
      'assertCount.ts',
      'assertNodeOptions.ts',
      'assertPort.ts',
      'assertSignal.ts',
      'assertTimeout.ts',
      'limitOf.ts',
      'assertBlockSize.ts',
      'ReadOptions.ts',
      'AsyncValues.ts',
      'ExtraInfo.ts',
      'withoutUndefined.ts',
      'bufferView.ts',
      'indexOfByte.ts',
      'joinChunks.ts',
      'Needle.ts',
      'TextRun.ts',
      'PendingSkip.ts',
      'ByteBuffer.ts',
      'Decoder.ts',
      'decodeText.ts',
    ],
  },
  { name: 'codecs', modules: NO_IO, files: ['codecs/*'] },
  {
    name: 'frames',
    modules: NO_IO,
    files: [
      'eventLoop.ts',
      'ReadLoop.ts',
      'runningLoop.ts',
      'StartTlsOptions.ts',
      'Transport.ts',
      'connectionReset.ts',
      'isReset.ts',
      'MemoryTransport.ts',
      'AbortListeners.ts',
      'WriteQueue.ts',
    ],
  },
  {
    name: 'streams',
    modules: STREAMS,
    files: [
      'Waiters.ts',
      'Watchdog.ts',
      'FrameWatch.ts',
      'backoff.ts',
      'PromiseRead.ts',
      'SubscriberRead.ts',
      'UpstreamHolds.ts',
      'observableFeed.ts',
      'feedFrom.ts',
      'StreamReader.ts',
      'WriterWatchers.ts',
      'StreamWriter.ts',
      'operators/*',
    ],
  },
  {
    name: 'connection',
    modules: [...STREAMS, 'node:crypto'],
    files: [
      'TimeLimits.ts',
      'TlsUpgrade.ts',
      'Connection.ts',
      'subscriptionTo.ts',
      'endAfterPeer.ts',
      'whenDelivered.ts',
      'framed.ts',
      'assertConnectionOptions.ts',
      'connectionPair.ts',
      'peerCertificate.ts',
      'resetAfterFin.ts',
      'DuplexTransport.ts',
      'DialAttempt.ts',
      'reconnect.ts',
    ],
  },
  {
    name: 'sockets',
    modules: SOCKETS,
    files: [
      'withoutConnectionOptions.ts',
      'systemPath.ts',
      'withAbsolutePath.ts',
      'withoutUndefined.ts',
      'ConnectOptions.ts',
      'assertConnectOptions.ts',
      'nodeTlsOptions.ts',
      'OptionsCache.ts',
      'handshakeError.ts',
      'upgradeToTls.ts',
      'raceAddresses.ts',
      'dial.ts',
      'connect.ts',
      'openConnection.ts',
      'ListenOptions.ts',
      'assertListenOptions.ts',
      'lockUnixPath.ts',
      'UnixSocketFile.ts',
      'onTermination.ts',
      'ConnectionIterator.ts',
      'Failures.ts',
      'Backlog.ts',
      'Server.ts',
      'bind.ts',
      'listen.ts',
      'HandlerRun.ts',
      'startServer.ts',
    ],
  },
  { name: 'index', modules: [], files: ['index.ts'] },
  { name: 'testing', modules: [...STREAMS, 'node:assert', 'node:path', 'rxjs/testing'], files: ['testing/*'] },
];

// Type imports are gone at run time: they are free of the rule about these modules, and make no cycles.
const BY_VALUE_ONLY = ['node:net', 'node:tls', 'node:stream', 'node:stream/web', 'node:events'];

// One exported value per file, of the file's name (types beside it are free), except in these collections.
const COLLECTIONS = ['errors.ts', 'index.ts', 'testing/index.ts'];

describe('src/', () => {
  const tree = readTree(resolve(__dirname, '../../src'));

  it('has a layer for every file', () => expect(unplaced(tree)).toEqual([]));
  it('has every file that a layer names', () => expect(missing(tree)).toEqual([]));
  it('imports downwards only', () => expect(upward(tree)).toEqual([]));
  it('imports rxjs, sockets and other modules only where they belong', () => expect(foreign(tree)).toEqual([]));
  it('has no import cycles', () => expect(cycles(tree)).toEqual([]));
  it('exports one value per file, with the name of the file', () => expect(misnamed(tree)).toEqual([]));
});

describe('the rules', () => {
  const tree = (files: Record<string, string>) =>
    new Map(Object.entries(files).map(([path, code]) => [path, parse(path, code)]));

  it('ask for a layer', () => {
    expect(unplaced(tree({ 'helper.ts': '', 'codecs/x.ts': '', 'codecs/deep/y.ts': '' }))).toEqual([
      expect.stringContaining('helper.ts is in no layer: add it to LAYERS'),
      expect.stringContaining('codecs/deep/y.ts is in no layer'),
    ]);
  });

  it('ask for every file of the table', () => {
    expect(missing(tree({ 'dial.ts': '' }))).not.toContain('dial.ts');
    expect(missing(tree({ 'dial.ts': '' }))).toContain('bind.ts');
  });

  it('refuse an import from a higher layer, types included', () => {
    const files = { 'codecs/x.ts': "import type { A } from '../Connection';", 'Connection.ts': "import './codecs/x';" };
    expect(upward(tree(files))).toEqual(['codecs/x.ts (codecs) imports Connection.ts (connection)']);
  });

  it('refuse an import of a file that is not there', () => {
    expect(upward(tree({ 'codecs/x.ts': "export * from './y';" }))).toEqual(['codecs/x.ts imports ./y: no such file']);
  });

  it('refuse rxjs below the streams, sockets below the sockets, and other packages everywhere', () => {
    const files = {
      'codecs/x.ts': "import type { Observable } from 'rxjs';",
      'Connection.ts': "import { Observable } from 'rxjs'; import type { Socket } from 'node:net';",
      'StreamWriter.ts': "import { type Socket, connect } from 'node:net';",
      'dial.ts': "import { connect } from 'node:net'; const left = await import('left-pad');",
      'listen.ts': "import net = require('node:net'); const right = require('right-pad');",
    };
    expect(foreign(tree(files))).toEqual([
      'codecs/x.ts (codecs) imports rxjs',
      'StreamWriter.ts (streams) imports node:net',
      'dial.ts (sockets) imports left-pad',
      'listen.ts (sockets) imports right-pad',
    ]);
  });

  it('refuse a cycle of values, not one of types', () => {
    const files = {
      'operators/a.ts': "import { b } from './b';",
      'operators/b.ts': "import { c } from './c';",
      'operators/c.ts': "import { a } from './a'; import type { b } from './b';",
    };
    expect(cycles(tree(files))).toEqual(['operators/a.ts → operators/b.ts → operators/c.ts → operators/a.ts']);
  });

  it('refuse a second value, another name and a default export', () => {
    const files = {
      'codecs/one.ts': 'export interface Options {} export function one(): void {} const inner = 1;',
      'codecs/two.ts': 'export const two = 2, three = 3;',
      'codecs/four.ts': 'export class Four {}',
      'codecs/five.ts': 'export default 5;',
      'codecs/six.ts': 'const six = 6, seven = 7; export { six, seven as eight }; export type { Nine };',
      'Decoder.ts': 'export interface Decoder {}',
      'Transport.ts': 'export interface Pipe {}',
      'errors.ts': 'export class AError {} export class BError {}',
    };
    expect(misnamed(tree(files))).toEqual([
      'codecs/two.ts exports two, three',
      'codecs/four.ts exports Four',
      'codecs/five.ts exports default',
      'codecs/six.ts exports six, eight',
      'Transport.ts exports Pipe',
    ]);
  });
});

interface Layer {
  readonly name: string;
  readonly modules: readonly string[];
  readonly files: readonly string[];
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

function unplaced(tree: Tree): string[] {
  return [...tree.keys()]
    .filter((path) => layerOf(path) === undefined)
    .map(
      (path) => `${path} is in no layer: add it to LAYERS in spec/package/layers.spec.ts, as low as its imports allow`,
    );
}

function missing(tree: Tree): string[] {
  return LAYERS.flatMap(({ files }) => files).filter((path) => !path.endsWith('/*') && !tree.has(path));
}

function upward(tree: Tree): string[] {
  return relativeImports(tree).flatMap(({ path, from, target }) => {
    if (target === undefined) return [`${path} imports ${from}: no such file`];
    const [own, other] = [layerOf(path), layerOf(target)];
    if (own === undefined || other === undefined || LAYERS.indexOf(other) <= LAYERS.indexOf(own)) return [];
    return [`${path} (${own.name}) imports ${target} (${other.name})`];
  });
}

function foreign(tree: Tree): string[] {
  return [...tree].flatMap(([path, { imports }]) => {
    const layer = layerOf(path);
    return imports
      .filter(({ from }) => !from.startsWith('.') && !layer?.modules.includes(from))
      .filter(({ from, typeOnly }) => !(typeOnly && BY_VALUE_ONLY.includes(from)))
      .map(({ from }) => `${path} (${layer?.name}) imports ${from}`);
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
    const name = basename(path, '.ts');
    const right = values.length > 0 ? values.length === 1 && values[0] === name : types.includes(name);
    return COLLECTIONS.includes(path) || right ? [] : [`${path} exports ${names.join(', ') || 'nothing'}`];
  });
}

function layerOf(path: string): Layer | undefined {
  return LAYERS.find(({ files }) => files.includes(path) || files.includes(`${posix.dirname(path)}/*`));
}

function relativeImports(tree: Tree): (Import & { path: string; target: string | undefined })[] {
  return [...tree].flatMap(([path, { imports }]) =>
    imports
      .filter(({ from }) => from.startsWith('.'))
      .map(({ from, typeOnly }) => {
        const base = posix.join(posix.dirname(path), from.replace(/\.js$/, ''));
        const target = [`${base}.ts`, posix.join(base, 'index.ts')].find((candidate) => tree.has(candidate));
        return { path, from, typeOnly, target };
      }),
  );
}

function readTree(folder: string): Tree {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
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
