import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

// docs/compatibility.md is written by a program that ran what it says: nobody writes into it by hand.

const root = resolve(__dirname, '../..');
const { page } = require(join(root, 'scripts/matrix/page.js')) as { page: (tables: readonly Table[]) => string };

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly ranOn: string;
}

describe('docs/compatibility.md', () => {
  const tables: Table[] = Object.values(JSON.parse(readFileSync(join(root, 'docs/compatibility.json'), 'utf8')));

  it('is what the results of the matrix make', () => {
    expect(readFileSync(join(root, 'docs/compatibility.md'), 'utf8')).toBe(page(tables));
  });

  it('has rows that ran, each with a cell in every column', () => {
    expect(tables.length).toBeGreaterThan(0);
    for (const { columns, rows, ranOn } of tables) {
      expect(ranOn).toMatch(/^Node\.js \d+\.\d+\.\d+ on \S+ \S+, \d{4}-\d\d-\d\d$/);
      expect(rows.length).toBeGreaterThan(0);
      for (const cells of rows) expect(cells).toHaveLength(columns.length);
      // Of a quick run, which writes no page.
      expect(rows.flat()).not.toContain('not run');
    }
  });
});
