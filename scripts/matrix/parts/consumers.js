// Programs and test files of users, as each runner loads them: what is right passes, and what is wrong fails with a text that can be
// read and the line of the test.
const { createServer } = require('node:net');
const { join } = require('node:path');
const { toolbox, versionOf } = require('../toolbox');

/** How a program gets at packages, in each module format. */
const IMPORTS = {
  cjs: (names, from) => `const { ${names} } = require('${from}');\n`,
  esm: (names, from) => `import { ${names} } from '${from}';\n`,
};

/** One copy of each class for \`require\` and \`import\`, then two lines from a server that sends back what it gets. */
const program = (format) => `
${IMPORTS[format]('createRequire', 'node:module')}
${IMPORTS[format]('Observable', 'rxjs')}
${IMPORTS[format]('lines, openConnection, StreamReader', 'rxjs-tcp')}
${IMPORTS[format]('connectionPair', 'rxjs-tcp/testing')}
Promise.all([import('rxjs-tcp'), import('rxjs-tcp/testing')]).then(async ([imported, testing]) => {
  const required = createRequire(process.cwd() + '/')('rxjs-tcp');
  console.log([imported.StreamReader, required.StreamReader].every((type) => type === StreamReader));
  console.log(connectionPair === testing.connectionPair && connectionPair === required.connectionPair);
  const { reader, writer } = await openConnection({ host: '127.0.0.1', port: Number(process.argv[2]) });
  console.log(reader instanceof Observable);
  reader.pipe(lines()).subscribe((line) => console.log(line));
  writer.write('one\\ntwo\\n');
  writer.writeEof();
});
`;
const PROGRAM_PRINTS = 'true\ntrue\ntrue\none\ntwo\n';

/** The same tests for each runner. `runner` is the import of \`test\`, if it is no global. */
const right = (format, runner) => `${runner}
${IMPORTS[format]('map', 'rxjs')}
${IMPORTS[format]('connectionPair, lines, writeTo', 'rxjs-tcp')}
${IMPORTS[format]('connectionPair: memoryPair, runMarbles, scriptedPeer'.replace(':', format === 'esm' ? ' as' : ':'), 'rxjs-tcp/testing')}
const shout = ({ reader, writer }) => reader.pipe(lines(), map((line) => line.toUpperCase() + '\\n'), writeTo(writer, { end: true }));
test('answers lines', () => {
  if (memoryPair !== connectionPair) throw new Error('two copies of the library');
  runMarbles(({ connection, expectObservable }) => {
    const near = connection('a-b|', { a: 'one\\ntw', b: 'o\\n' });
    expectObservable(shout(near)).toBe('a-b|', { a: 4, b: 8 });
  });
});
test('plays a script', async () => {
  const peer = scriptedPeer().sends('one\\n').receives('ONE\\n').fin().receivesFin();
  shout(peer.connect()).subscribe();
  await peer.done;
});
`;

/** The line of the expectation is what the runner must name. */
const wrong = (format, runner) => `${runner}
${IMPORTS[format]('runMarbles', 'rxjs-tcp/testing')}
test('wrong marbles', () => {
  runMarbles(({ connection, expectObservable }) => {
    const near = connection('a|', { a: 'one' });
    expectObservable(near.reader).toBe('a|', { a: 'ond' }); // here
  });
});
`;
const DIFFERENCE = "at 0 ms, byte 2 is 65 'e', not 64 'd'";

const RUNNERS = {
  jest: { formats: ['cjs', 'esm'], import: () => '' },
  vitest: { formats: ['esm'], import: () => "import { test } from 'vitest';" },
  mocha: {
    formats: ['cjs', 'esm'],
    import: (format) => `${IMPORTS[format]('it', 'mocha')}const test = it;`,
  },
  'node:test': {
    formats: ['cjs', 'esm'],
    import: (format) => (format === 'cjs' ? "const test = require('node:test');" : "import test from 'node:test';"),
  },
};

const COMMAND = {
  jest: (file, format) => [
    ...(format === 'esm' ? ['--experimental-vm-modules', '--no-warnings'] : []),
    join(toolbox('jest'), 'bin/jest.js'),
    ...['--ci', '--config', JSON.stringify({ testEnvironment: 'node', transform: {}, testMatch: [`**/${file}`] })],
  ],
  vitest: (file) => [join(toolbox('vitest'), 'vitest.mjs'), 'run', file],
  mocha: (file) => [join(toolbox('mocha'), 'bin/mocha.js'), file],
  'node:test': (file) => ['--test', file],
};

async function run({ file, link, node, quick }) {
  for (const name of ['vitest', 'mocha']) link(name);
  const rows = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    for (const format of ['cjs', 'esm']) rows.push(await programRow(format, String(server.address().port)));
  } finally {
    server.close();
  }
  for (const name of quick ? ['vitest', 'mocha'] : Object.keys(RUNNERS)) {
    for (const format of RUNNERS[name].formats) rows.push(await runnerRow(name, format));
  }
  return {
    title: 'Consumers',
    text: `A program that reads from a server; and test files with \`rxjs-tcp/testing\`. What is wrong in a test fails, with the first wrong byte and the line of
the test. The library is one copy of each class for \`require\` and \`import\`.`,
    columns: ['loaded by', 'as', 'what is right', 'what is wrong'],
    rows,
  };

  async function programRow(format, port) {
    const path = file(`program.${format === 'cjs' ? 'cjs' : 'mjs'}`, program(format));
    const { code, printed } = await node([path, port]);
    const good = code === 0 && printed === PROGRAM_PRINTS;
    const cells = [`Node.js ${process.versions.node}`, format, good ? 'runs' : 'fails', '–'];
    return good ? { cells } : { cells, failed: `It ends with ${code} and prints ${printed}` };
  }

  async function runnerRow(name, format) {
    const extension = `test.${format === 'cjs' ? 'cjs' : 'mjs'}`;
    const runner = RUNNERS[name].import(format);
    const id = name.replace(':', '-');
    const texts = { right: right(format, runner), wrong: wrong(format, runner) };
    const line = texts.wrong.split('\n').findIndex((one) => one.endsWith('// here')) + 1;
    const [passed, failed] = await Promise.all(
      Object.entries(texts).map(async ([which, text]) => {
        const path = `${id}-${which}.${extension}`;
        file(path, text);
        return node(COMMAND[name](path, format));
      }),
    );
    const passes = passed.code === 0 && /\b2 pass|pass 2\b/.test(passed.printed);
    const told = failed.code !== 0 && failed.printed.includes(DIFFERENCE);
    const place = new RegExp(`${id}-wrong\\.${extension}:${line}\\b`).test(failed.printed);
    const cells = [
      name === 'node:test' ? name : `${name} ${versionOf(name)}`,
      format,
      passes ? 'passes' : 'does not pass',
      told && place ? `fails at its line` : told ? 'fails, without its line' : 'is not told',
    ];
    return passes && told && place ? { cells } : { cells, failed: `${passed.printed}\n${failed.printed}` };
  }
}

module.exports = { run };
