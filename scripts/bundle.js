// Bundles build/tsc, what the compiler has made of src/, into dist/: for each entry one file for Node, one for bundlers and one of
// declarations. What several entries need is in `core`, or in `wire` if the main entry does not need it. So there is one copy of each
// class, and a program that only uses the main entry loads nothing of the others.
const { chmodSync, existsSync, readFileSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');
const acorn = require('acorn');
const { default: MagicString } = require('magic-string');
const { rollup } = require('rollup');
const { dts } = require('rollup-plugin-dts');

const root = join(__dirname, '..');
const compiled = join(root, 'build/tsc');
const external = /^(node:|rxjs(\/|$))/;

const entries = (extension) => ({
  index: join(compiled, `index${extension}`),
  'testing/index': join(compiled, `testing/index${extension}`),
  'wiretap/index': join(compiled, `wiretap/index${extension}`),
});

const output = (format, extension) => ({
  dir: join(root, 'dist'),
  format,
  entryFileNames: `[name]${extension}`,
  chunkFileNames: `[name]${extension}`,
  manualChunks: sharedChunk,
  minifyInternalExports: false,
});

/** The name of the chunk of a module that several entries need. */
function sharedChunk(id, { getModuleInfo }) {
  const entriesOf = (module, seen = new Set()) => {
    if (seen.has(module)) return [];
    seen.add(module);
    const { isEntry, importers } = getModuleInfo(module);
    return [...(isEntry ? [module] : []), ...importers.flatMap((importer) => entriesOf(importer, seen))];
  };
  const needing = entriesOf(id);
  if (needing.length < 2) return undefined;
  return needing.some((entry) => dirname(entry) === compiled) ? 'core' : 'wire';
}

/** Since TypeScript 6 a program has the types of Node only where somebody asks for them; without, ours would turn into `any`. */
const NODE_TYPES = '/// <reference types="node" />';

/** Source maps have paths only: the package holds src/. */
const mapped = { sourcemap: true, sourcemapExcludeSources: true };

/** Finds imports as the compiler leaves them, without extension, and reads the source maps of the compiler. */
const compilerOutput = {
  name: 'compiler-output',
  resolveId(id, importer) {
    if (!id.startsWith('.') || importer === undefined) return null;
    const path = resolve(dirname(importer), id);
    return [`${path}.js`, join(path, 'index.js')].find((file) => existsSync(file)) ?? null;
  },
  load(id) {
    return { code: readFileSync(id, 'utf8'), map: JSON.parse(readFileSync(`${id}.map`, 'utf8')) };
  },
};

/** Two thirds of the code are comments, which src/ has. What tells bundlers that a call has no effect must stay. */
const withoutComments = {
  name: 'without-comments',
  transform(code) {
    const changed = new MagicString(code);
    const onComment = (_block, text, start, end) => {
      if (!/[@#]__PURE__/.test(text)) changed.remove(...wholeLines(code, start, end));
    };
    acorn.parse(code, { ecmaVersion: 'latest', sourceType: 'module', onComment });
    return { code: changed.toString(), map: changed.generateMap({ hires: 'boundary' }) };
  },
};

/** A comment, and its lines if there is nothing else in them. */
function wholeLines(code, start, end) {
  const from = code.lastIndexOf('\n', start - 1) + 1;
  const to = code.indexOf('\n', end);
  const alone = code.slice(from, start).trim() === '' && to >= 0 && code.slice(end, to).trim() === '';
  return alone ? [from, to + 1] : [start, end];
}

/** Comments that no user needs: on private members, and those of a whole file, which stand by themselves. */
const INTERNAL_COMMENT = /^ *\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?: *(?=private )|\n+)/gm;
const withoutInternalComments = {
  name: 'without-internal-comments',
  renderChunk: (code) => ({
    code: code.replace(INTERNAL_COMMENT, (all) => (all.endsWith('\n') ? '' : all.slice(all.lastIndexOf('\n') + 1))),
    map: null,
  }),
};

/** The command: a program that uses the entries as any other does, so it has no copy of them. */
const PROGRAM = join(compiled, 'program.js');
const program = {
  name: 'program',
  resolveId: (id) => (id === PROGRAM ? id : null),
  load: (id) => (id === PROGRAM ? { code: START, map: { mappings: '' } } : null),
};
// It has no file, so nothing of it is in the source map.
const START = `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from './wiretap/cli/main';
main(JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')).version);
`;

/** A warning is a mistake of ours: an import that is missing, a cycle. */
function onLog(level, { message }) {
  if (level === 'warn') throw new Error(`Cannot bundle: ${message}`);
}

/**
 * A class that an entry exports as a type only has to stay one: what no program can import must be no value in the declarations.
 *
 * @param values - The chunks of code, which know what each entry exports.
 */
function typesOnly(values) {
  const exported = new Map(values.map(({ name, exports }) => [name, new Set(exports)]));
  return {
    name: 'types-only',
    generateBundle(_options, chunks) {
      for (const chunk of Object.values(chunks).filter(({ isEntry }) => isEntry)) {
        const isValue = (name) => exported.get(chunk.name.replace(/\.d$/, ''))?.has(name.replace(/^.* as /, ''));
        chunk.code = chunk.code.replace(/^export \{ (.*) \}(.*)$/gm, (_all, list, from) => {
          const names = list.split(', ');
          const [here, types] = [names.filter(isValue), names.filter((name) => !isValue(name))];
          const lines = [
            here.length > 0 && `export { ${here.join(', ')} }${from}`,
            types.length > 0 && `export type { ${types.join(', ')} }${from}`,
          ];
          return lines.filter(Boolean).join('\n');
        });
      }
    },
  };
}

async function bundle() {
  const plugins = [compilerOutput, withoutComments];
  const treeshake = { moduleSideEffects: false };
  const code = await rollup({ input: entries('.js'), plugins, external, treeshake, onLog });
  await code.write({ ...output('cjs', '.js'), ...mapped, interop: 'default' });
  const ofEntry = new Map(Object.entries(entries('.js')).map(([name, file]) => [file, `./${name}.js`]));
  const command = await rollup({
    input: { cli: PROGRAM },
    plugins: [program, ...plugins],
    external: (id) => external.test(id) || ofEntry.has(id),
    treeshake,
    onLog,
  });
  await command.write({
    ...mapped,
    dir: join(root, 'dist'),
    format: 'cjs',
    entryFileNames: 'cli.js',
    paths: (id) => ofEntry.get(id) ?? id,
    banner: '#!/usr/bin/env node',
    interop: 'default',
  });
  chmodSync(join(root, 'dist/cli.js'), 0o755);
  const { output: values } = await code.write({ ...output('es', '.mjs'), ...mapped });
  const tsconfig = join(root, 'tsconfig.build.json');
  const types = await rollup({ input: entries('.d.ts'), plugins: [dts({ tsconfig })], external, onLog });
  await types.write({
    ...output('es', '.d.ts'),
    banner: NODE_TYPES,
    plugins: [withoutInternalComments, typesOnly(values.filter(({ type }) => type === 'chunk'))],
  });
}

bundle().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
