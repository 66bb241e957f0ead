// Bundles src/wiretap/page into one file, dist/wiretap/page.html: the script and the style are inline, and nothing else is loaded.
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const esbuild = require('esbuild');

const root = join(__dirname, '..');
const from = join(root, 'src/wiretap/page');
const to = join(root, 'dist/wiretap/page.html');

/** What a browser of 2022 understands. */
const options = { bundle: true, minify: true, write: false, target: 'es2022', charset: 'ascii', legalComments: 'none' };

function bundle(file) {
  const jsx = { jsx: 'automatic', jsxImportSource: 'preact', tsconfigRaw: {} };
  const { outputFiles } = esbuild.buildSync({ ...options, ...jsx, entryPoints: [join(from, file)], format: 'iife' });
  return outputFiles[0].text.trim();
}

const html = readFileSync(join(from, 'page.html'), 'utf8')
  .replace('<!-- style -->', () => `<style>${bundle('page.css')}</style>`)
  .replace('<!-- script -->', () => `<script>${bundle('main.tsx')}</script>`);
mkdirSync(dirname(to), { recursive: true });
writeFileSync(to, html);
