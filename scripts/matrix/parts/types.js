// A consumer's program, checked by each TypeScript with each module resolution and each @types/node. It has lines that must be errors: where a type of
// ours turns into `any`, they are none, and the compiler says so.
const { join } = require('node:path');
const { toolbox, versionOf } = require('../toolbox');

const TYPESCRIPT = ['5.0', '5.4', '5.9', '6.0', '7.0'];
const NODE = ['20', '22', '24', '26'];

const PROGRAM = `
import { map, type Observable } from 'rxjs';
import { type Connection, connectionPair, eachValueFrom, framed, type FramedConnection, lengthPrefixed, lines, listen, ndjson,
  openConnection, type Server, startServer, StreamReader, StreamWriter } from 'rxjs-tcp';
import { connectionPair as memoryPair, hex, runMarbles, scriptedPeer } from 'rxjs-tcp/testing';

const [near]: readonly [Connection, Connection] = memoryPair === connectionPair ? memoryPair() : connectionPair();
const reader: StreamReader = near.reader;
const writer: StreamWriter = near.writer;
export const lengths: Observable<number> = reader.pipe(lines(), map((line) => line.length));
export const dialled: Promise<Connection> = openConnection({ host: '127.0.0.1', port: 1, noDelay: true, tls: { servername: 'a' } });
export const served: Promise<Server> = startServer(({ writer }) => { writer.write('hello'); }, { port: 0, keepAlive: true });
export const listening: Observable<Server> = listen({ port: 0 });
export const frames: FramedConnection<Buffer> = framed(near, lengthPrefixed({ bytes: 2 }));
export const records: FramedConnection<{ reply: string }, { query: number }> = framed<{ reply: string }, { query: number }>(near, ndjson());
export const bytes: Buffer = hex\`0a 0d\`;

export async function each(): Promise<void> {
  for await (const chunk of reader) chunk.readUInt8() satisfies number;
  const line: Buffer = await reader.readLine();
  line.readUInt8();
  // @ts-expect-error: a chunk is a Buffer, and not any
  for await (const chunk of reader) chunk satisfies number;
  // @ts-expect-error: a line is a string, and not any
  for await (const text of eachValueFrom(reader.pipe(lines()))) text satisfies number;
  // @ts-expect-error: what is read is a Buffer
  (await reader.readExactly(4)) satisfies string;
}
runMarbles(({ connection, expectObservable }) => {
  expectObservable(connection('a|', { a: 'one' }).reader).toBe('a|', { a: 'one' });
  // @ts-expect-error: marbles are a string
  connection(5);
});
// @ts-expect-error: the types are there, not any
export const wrong: Promise<number> = openConnection({ host: '127.0.0.1', port: 1 });
// @ts-expect-error: an option of Node's is known with its type
void openConnection({ host: '127.0.0.1', port: 1, localAddress: 5 });
// @ts-expect-error: and one of TLS
void openConnection({ host: '127.0.0.1', port: 1, tls: { servername: 5 } });
// @ts-expect-error: bytes or text, and nothing else
writer.write(5);
// @ts-expect-error: no such member
void scriptedPeer().nothing;
`;

/** What a module resolution is called, the names of the program's files, and the module kind that goes with it. */
const RESOLUTIONS = {
  node10: { files: ['a.ts'], module: 'CommonJS' },
  node16: { files: ['a.cts', 'b.mts'], module: 'Node16' },
  nodenext: { files: ['a.cts', 'b.mts'], module: 'NodeNext' },
  bundler: { files: ['a.ts'], module: 'ESNext' },
};

/** TypeScript 7 has no node10 any more. */
const has = (typescript, resolution) => !(resolution === 'node10' && Number(typescript) >= 7);

/** `@types/node` 24 and later declare `Symbol.asyncDispose` only for a TypeScript that knows it; that of 5.0 does not. */
const fits = (typescript, types) => !(typescript === '5.0' && Number(types) >= 24);

/** For CI: each version and each resolution at least once. */
const QUICK = [
  ['5.0', 'node10', '20'],
  ['5.4', 'node16', '22'],
  ['5.9', 'bundler', '24'],
  ['6.0', 'nodenext', '24'],
  ['7.0', 'bundler', '26'],
  ['7.0', 'nodenext', '22'],
];

async function run({ installed, file, link, node, quick }) {
  for (const version of NODE) {
    installed(`types-${version}`);
    link(`@types/node-${version}`, { as: '@types/node', inside: `types-${version}` });
  }
  installed('types-none');

  /** The same without the types of Node, for a program that does not name them. */
  const checkWithout = (typescript, skipLibCheck) =>
    check(
      typescript,
      'bundler',
      'none',
      { skipLibCheck },
      "import { openConnection } from 'rxjs-tcp';\nvoid openConnection({ port: 1 });\n",
    );

  /** What a compiler says about the program and about our declarations. What TypeScript, Node and rxjs declare is not ours to check. */
  async function check(typescript, resolution, types, options = {}, program = PROGRAM) {
    const folder = `types-${types}`;
    const { files, module } = RESOLUTIONS[resolution];
    const name = `${typescript}-${resolution}`;
    for (const one of files) file(`${folder}/${name}/${one}`, program);
    const compilerOptions = {
      target: 'ES2022',
      lib: ['ES2022'],
      module,
      moduleResolution: resolution,
      ...(typescript === '6.0' && resolution === 'node10' ? { ignoreDeprecations: '6.0' } : {}),
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      ...options,
    };
    file(`${folder}/${name}/tsconfig.json`, JSON.stringify({ compilerOptions, files }));
    const compiler = join(toolbox(`typescript-${typescript}`), 'bin/tsc');
    const { code, printed } = await node([compiler, '-p', name, '--pretty', 'false'], { cwd: folder });
    const errors = printed.split('\n').filter((line) => /error TS/.test(line));
    if (errors.length === 0 && code !== 0) return [`it ends with ${code}: ${printed}`];
    return errors.filter((line) => !/node_modules\/(@types|rxjs)\/|scripts\/matrix\/node_modules/.test(line));
  }

  async function row(typescript) {
    const cells = [versionOf(`typescript-${typescript}`)];
    const failed = [];
    for (const resolution of Object.keys(RESOLUTIONS)) {
      const right = [];
      for (const types of NODE) {
        if (
          !has(typescript, resolution) ||
          !fits(typescript, types) ||
          (quick && !isQuick(typescript, resolution, types))
        )
          continue;
        const errors = await check(typescript, resolution, types);
        if (errors.length === 0) right.push(types);
        else failed.push(`${resolution}, @types/node ${types}:\n  ${errors.join('\n  ')}`);
      }
      cells.push(right.join(', ') || (has(typescript, resolution) ? 'not run' : 'not in this version'));
    }
    if (!quick || typescript === '7.0') {
      const [strict, lenient] = [await checkWithout(typescript, false), await checkWithout(typescript, true)];
      const told = strict.some((line) => line.includes('TS2688'));
      cells.push(`${told ? 'TS2688' : 'no error'}; ${lenient.length > 0 ? 'TS2688' : 'no error'}`);
      if (!told) failed.push(`without @types/node: ${strict.join('\n')}`);
    } else cells.push('not run');
    return failed.length === 0 ? { cells } : { cells, failed: failed.join('\n') };
  }

  const rows = await Promise.all(TYPESCRIPT.map(row));
  return {
    title: 'TypeScript',
    text: `A program in strict mode, with lines that must be errors: where a type was \`any\`, they would be none. The compiler checks the declarations of
rxjs-tcp, too. In a column of a module resolution: the versions of \`@types/node\` that it ran with; of \`node16\` and \`nodenext\` both a CommonJS and an ES module. TypeScript 5.0 needs \`@types/node\` 20 or 22, which declare
\`Symbol.asyncDispose\` for it.
The last column is a program without \`@types/node\`: what the compiler says, and what it says with \`skipLibCheck\`. **It says nothing
then, and \`Buffer\` and Node's options are \`any\`: install \`@types/node\`.**`,
    columns: ['TypeScript', ...Object.keys(RESOLUTIONS), 'without `@types/node`'],
    rows,
  };
}

function isQuick(...combination) {
  return QUICK.some((one) => one.every((value, index) => value === combination[index]));
}

module.exports = { run };
