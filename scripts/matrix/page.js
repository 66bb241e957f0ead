/** The page of all tables. A table is what a part returns, with `ranOn`; its rows are lists of cells. */
function page(tables) {
  return `# Compatibility

\`npm run matrix\` writes this page. Each row is a run of the packed package, installed in a project of its own: what did not run
has no row. CI runs a part of them with each change.

${tables.map(section).join('\n')}`;
}

function section({ title, text, columns, rows, ranOn }) {
  const lines = [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`);
  return `## ${title}\n\n${text}\n\n${lines.join('\n')}\n\nRan on ${ranOn}.\n`;
}

function escaped(cell) {
  return String(cell).replaceAll('|', '\\|');
}

module.exports = { page };
