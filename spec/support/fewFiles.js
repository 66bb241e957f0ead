// A server in a process that may open few files (see acceptLoop.spec.ts): echoes, and tells what it knows when it is asked.
const { readFileSync } = require('node:fs');
const ts = require('typescript');

// The library from its source, as the specs have it.
require.extensions['.ts'] = (module, path) => {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  module._compile(ts.transpileModule(readFileSync(path, 'utf8'), { compilerOptions }).outputText, path);
};
const { startServer } = require('../../src/index.ts');

let accepted = 0;
const failures = [];

async function main() {
  const serve = ({ reader, writer }) => {
    accepted++;
    reader.subscribe(writer);
  };
  const server = await startServer(serve, { host: '127.0.0.1', port: 0 });
  server.errors.subscribe(({ error }) => failures.push(error.code));
  process.on('message', () => process.send({ accepted, failures, serving: server.isServing() }));
  process.send({ port: server.port });
}

void main();
