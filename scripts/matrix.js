// Tries the built package in every place that it claims to run in, and writes docs/compatibility.md from what ran.
//   matrix.js                  all parts, whole: writes docs/compatibility.json and the page
//   matrix.js bundlers types   these parts, whole; the page keeps what it has of the others
//   matrix.js --quick [PART…]  a few rows of each, for CI: writes no page
//   matrix.js --render         the page, from docs/compatibility.json
// Exit code 1: a row failed. A part is a module in matrix/parts, see matrix/parts/README.md.
const { existsSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { build } = require('./build');
const { inProject } = require('./matrix/inProject');
const { page } = require('./matrix/page');

const root = join(__dirname, '..');
const results = join(root, 'docs/compatibility.json');
const document = join(root, 'docs/compatibility.md');
/** In the order of the page. */
const ORDER = ['runtimes', 'bundlers', 'types', 'consumers', 'package'];

const parts = readdirSync(join(__dirname, 'matrix/parts'))
  .filter((name) => name.endsWith('.js'))
  .map((name) => basename(name, '.js'))
  .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));

function render(tables) {
  const ordered = Object.fromEntries(ORDER.filter((name) => tables[name]).map((name) => [name, tables[name]]));
  writeFileSync(results, `${JSON.stringify(ordered, null, 2)}\n`);
  writeFileSync(document, page(Object.values(ordered)));
}

async function main(args) {
  const [quick, onlyRender] = ['--quick', '--render'].map((flag) => args.includes(flag));
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = args.find((arg) => !['--quick', '--render', ...parts].includes(arg));
  if (unknown !== undefined) {
    console.error(`Cannot run ${unknown}: the parts are ${parts.join(', ')}; the options are --quick and --render`);
    return 2;
  }
  const tables = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {};
  if (onlyRender) {
    render(tables);
    return 0;
  }
  if (!build('dist')) return 1;

  const failed = await inProject((project) =>
    runParts(names.length > 0 ? names : parts, { ...project, quick }, tables),
  );
  if (failed.length > 0) {
    console.error(`\nFailed:\n${failed.join('\n')}`);
    return 1;
  }
  if (!quick) render(tables);
  return 0;
}

/** Puts the table of each part into `tables`; which rows failed. */
async function runParts(names, context, tables) {
  const failed = [];
  for (const name of names) {
    const started = Date.now();
    console.log(`\n--- ${name}`);
    const table = await require(`./matrix/parts/${name}`).run(context);
    for (const { cells, failed: why } of table.rows) {
      console.log(
        `${why === undefined ? 'ok    ' : 'FAILED'} ${cells.join(' | ')}${why === undefined ? '' : `\n${why}`}`,
      );
      if (why !== undefined) failed.push(`${name}: ${cells.join(' | ')}`);
    }
    console.log(`${table.rows.length} rows, ${Math.round((Date.now() - started) / 1000)} s`);
    if (table.rows.length === 0) failed.push(`${name}: no row ran`);
    const { title, text, columns, rows } = table;
    tables[name] = { title, text, columns, rows: rows.map(({ cells }) => cells), ranOn: ranOn() };
  }
  return failed;
}

/** Where and when the rows of a part ran. */
function ranOn() {
  return `Node.js ${process.versions.node} on ${process.platform} ${process.arch}, ${new Date().toISOString().slice(0, 10)}`;
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
