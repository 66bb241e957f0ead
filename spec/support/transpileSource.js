// Writes the library as JavaScript into a folder: `transpileSource.js FOLDER`.
const { mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const ts = require('typescript');

const folder = process.argv[2];
const source = join(__dirname, '../../src');
const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
for (const name of readdirSync(source, { recursive: true })) {
  if (!name.endsWith('.ts')) continue;
  const to = join(folder, name.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, ts.transpileModule(readFileSync(join(source, name), 'utf8'), { compilerOptions }).outputText);
}
