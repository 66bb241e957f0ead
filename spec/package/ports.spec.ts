import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as ts from 'typescript';

// Code that needs no socket is tested without one: specs of bytes, codecs, flow, operators and the virtual time of the
// testing kit import nothing that opens a port.

const spec = resolve(__dirname, '..');

/** Modules and names that open a port. */
const SOCKETS =
  /^(node:)?(net|tls|http|https|dgram)$|\/(rawServer|transports|plainPair|portOf|dial|connect|openConnection|listen|startServer|bind)$/;
const ADDRESSES = /^(isIP|isIPv4|isIPv6|SocketAddress|BlockList)$/;
const NAMES = /^(connect|openConnection|listen|startServer)$/;

function socketsIn(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(join(spec, path), 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.filter(ts.isImportDeclaration).flatMap(({ moduleSpecifier, importClause }) => {
    const from = (moduleSpecifier as ts.StringLiteral).text;
    const bindings = importClause?.namedBindings;
    const names = bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements : [];
    const found = names.map(({ name, propertyName }) => (propertyName ?? name).text).filter((name) => NAMES.test(name));
    // Functions over addresses open nothing.
    if (from === 'node:net' && names.length > 0 && names.every(({ name }) => ADDRESSES.test(name.text))) return [];
    return SOCKETS.test(from) ? [from] : from.startsWith('.') || from === 'rxjs-tcp' ? found : [];
  });
}

const specsIn = (folder: string) =>
  readdirSync(join(spec, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);

/** Rooms without sockets. */
const SILENT = ['bytes', 'codecs', 'flow', 'operators', 'testing'];

/** Specs of code that also works on live sockets. */
const LIVE = /^testing\/(checks\/checkConnection|faults\/faults|marbles\/recordConnection|scripts\/scriptedPeer)\./;

describe('a spec without sockets opens no port:', () => {
  const silent = SILENT.flatMap(specsIn).filter((path) => !LIVE.test(path));

  it.each(silent)('%s', (path) => {
    expect(socketsIn(path)).toEqual([]);
  });

  it('(other specs do, and the check sees it)', () => {
    expect(socketsIn('net/startServer.spec.ts')).toContain('startServer');
    expect(socketsIn('scenarios/endings.spec.ts')).not.toEqual([]);
  });
});
