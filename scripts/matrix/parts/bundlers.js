// A client and a test, bundled to one file by each bundler in each format. The bundle runs alone, in a folder without packages.
const { createServer } = require('node:net');
const { mkdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { versionOf } = require('../toolbox');

/** Reads two lines from a server that sends back what it gets; says whether its reader is an Observable of the program's rxjs. */
const CLIENT = `
import { Observable } from 'rxjs';
import { lines, openConnection } from 'rxjs-tcp';
openConnection({ host: '127.0.0.1', port: Number(process.argv[2]) }).then(({ reader, writer }) => {
  console.log(reader instanceof Observable);
  reader.pipe(lines()).subscribe((line) => console.log(line));
  writer.write('one\\ntwo\\n');
  writer.writeEof();
});
`;
const CLIENT_PRINTS = 'true\none\ntwo\n';

/** The testing kit: marbles, a script, a simulation, and the classes that it shares with the library. */
const TEST = `
import { map } from 'rxjs';
import { connectionPair, lines, StreamReader, writeTo } from 'rxjs-tcp';
import { connectionPair as memoryPair, runMarbles, scriptedPeer, simulate } from 'rxjs-tcp/testing';
const shout = ({ reader, writer }) => reader.pipe(lines(), map((line) => line.toUpperCase() + '\\n'), writeTo(writer, { end: true }));
console.log(memoryPair === connectionPair && memoryPair()[0].reader instanceof StreamReader);
runMarbles(({ connection, expectObservable }) => {
  const near = connection('a-b|', { a: 'one\\ntw', b: 'o\\n' });
  expectObservable(shout(near)).toBe('a-b|', { a: 4, b: 8 });
});
try {
  runMarbles(({ connection, expectObservable }) => {
    expectObservable(connection('a|', { a: 'one' }).reader).toBe('a|', { a: 'ond' });
  });
} catch (error) {
  console.log(error.name);
}
simulate(({ client, server }) => {
  shout(server).subscribe({ error: () => {} });
  client.writer.write('one\\n');
  client.writer.writeEof();
  return client.reader.pipe(lines());
}, { runs: 3, faults: { reset: 0 } });
const peer = scriptedPeer().sends('one\\n').receives('ONE\\n').fin().receivesFin();
shout(peer.connect()).subscribe();
peer.done.then(() => console.log('played'));
`;
const TEST_PRINTS = 'true\nAssertionError\nplayed\n';

/** What is measured: our own part of a client, with rxjs left out. */
const SHARE = "import { lines, openConnection } from 'rxjs-tcp';\nconsole.log(lines, openConnection);\n";

/** rxjs has this text in one place. */
const RXJS = /errors occurred during unsubscription/g;

/** Each bundles the file `entry` of `folder` to the file `out`, whole or without the packages of `external`. */
const BUNDLERS = {
  async esbuild({ entry, out, format, external, minify }) {
    const esbuild = require('esbuild');
    const options = { entryPoints: [entry], outfile: out, bundle: true, platform: 'node', logLevel: 'error' };
    await esbuild.build({ ...options, format, external, minify });
  },

  async rollup({ entry, out, format, external, minify }) {
    const { rollup } = require('rollup');
    const { nodeResolve } = require('@rollup/plugin-node-resolve');
    const commonjs = require('@rollup/plugin-commonjs');
    const plugins = [nodeResolve({ exportConditions: ['node'] }), commonjs()];
    const bundle = await rollup({ input: entry, external: [/^node:/, ...external], plugins, onLog: refuseWarnings });
    const minified = {
      name: 'minified',
      renderChunk: async (code) => (await require('esbuild').transform(code, { minify: true, format })).code,
    };
    await bundle.write({ file: out, format, inlineDynamicImports: true, plugins: minify ? [minified] : [] });
  },

  async vite({ folder, entry, out, format, external, minify }) {
    const { build } = await import('vite');
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      ssr: { noExternal: true, external },
      build: {
        ssr: entry,
        minify,
        outDir: join(out, '..'),
        emptyOutDir: false,
        rollupOptions: { external, output: { format, entryFileNames: out.slice(join(out, '..').length + 1) } },
      },
    });
  },
};

function refuseWarnings(level, log) {
  if (level === 'warn' && log.code !== 'THIS_IS_UNDEFINED') throw new Error(`rollup warns: ${log.message}`);
}

async function run({ folder, file, node, quick }) {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const sources = {
    client: file('bundled/client.mjs', CLIENT),
    test: file('bundled/test.mjs', TEST),
    share: file('bundled/share.mjs', SHARE),
  };

  async function row(name, format) {
    const cells = [`${name} ${versionOf(name)}`, format];
    try {
      const bundle = async (source, options = {}) => {
        const out = join(folder, 'out', `${name}-${source}-${format}.${format === 'esm' ? 'mjs' : 'cjs'}`);
        mkdirSync(join(out, '..'), { recursive: true });
        await BUNDLERS[name]({ folder, entry: sources[source], out, format, external: [], minify: false, ...options });
        return out;
      };
      // Alone: with no package beside it that it could load.
      const alone = async (path, prints, ...args) => {
        const { code, printed } = await node([
          file(`alone/${path.slice(path.lastIndexOf('/') + 1)}`, readFileSync(path)),
          ...args,
        ]);
        if (code !== 0 || printed !== prints) throw new Error(`It ends with ${code} and prints ${printed}`);
      };
      const client = await bundle('client');
      await alone(client, CLIENT_PRINTS, port);
      await alone(await bundle('test'), TEST_PRINTS);
      const small = await bundle('client', { minify: true });
      await alone(small, CLIENT_PRINTS, port);
      const share = await bundle('share', { minify: true, external: ['rxjs'] });
      const copies = readFileSync(small, 'utf8').match(RXJS).length;
      cells.push('runs', 'runs', String(copies), kilobytes(small), kilobytes(share));
      return copies === 1 ? { cells } : { cells, failed: `${copies} copies of rxjs` };
    } catch (error) {
      return { cells, failed: String(error.stack) };
    }
  }

  const rows = [];
  try {
    for (const name of quick ? ['esbuild', 'rollup'] : Object.keys(BUNDLERS)) {
      for (const format of ['cjs', 'esm']) rows.push(await row(name, format));
    }
  } finally {
    server.close();
  }
  return {
    title: 'Bundlers',
    text: `A client (\`openConnection\`, \`lines\`) and a program with \`rxjs-tcp/testing\`, each bundled to one file for Node with its
packages inside. The file runs in a folder without packages. Sizes are of the minified client; the last column leaves rxjs out.`,
    columns: ['bundler', 'format', 'client', 'testing kit', 'copies of rxjs', 'client with rxjs', 'share of rxjs-tcp'],
    rows,
  };
}

function kilobytes(path) {
  return `${(readFileSync(path).length / 1000).toFixed(1)} kB`;
}

module.exports = { run };
