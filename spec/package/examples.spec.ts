import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as ts from 'typescript';
import { describeSnippets } from './describeSnippets';
import { docCommentsOf, readSnippets } from './snippets';

// Every ```ts block in a doc comment of src/ is a module of a user's program, as those of the documents are.

const root = resolve(__dirname, '../..');
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/${name.replaceAll('\\', '/')}`)
  .sort();
const snippets = files.flatMap((file) => readSnippets(root, file));

describe('the doc comments', () => {
  it('have an example that prints something, for each value that is exported', () => {
    expect(exportsWithoutExample(['src/index.ts', 'src/testing/index.ts', 'src/wiretap/index.ts'])).toEqual([]);
  }, 60_000);

  describeSnippets('build/examples', snippets);
});

describe('a doc comment', () => {
  it('is markdown without its stars, on the same lines', () => {
    const code = [
      '/** One line. */',
      '  /**',
      '   * # a',
      '   *',
      '   *   b',
      '   */',
      'c * d;',
      '// * e',
      '/**',
      '* f */',
    ];
    expect(docCommentsOf(code.join('\n')).split('\n')).toEqual(['', '', '# a', '', '  b', '', '', '', '', '']);
  });
});

/** The exported functions, classes and constants whose doc comment has no example that prints something. */
function exportsWithoutExample(entries: readonly string[]): string[] {
  const paths = entries.map((entry) => join(root, entry));
  const program = ts.createProgram(paths, { module: ts.ModuleKind.Node16, target: ts.ScriptTarget.ES2022 });
  const checker = program.getTypeChecker();
  const values = paths
    .flatMap((path) => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path)!)!))
    .filter(({ declarations }) => !declarations?.some(ts.isTypeOnlyExportDeclaration))
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter(({ flags }) => flags & ts.SymbolFlags.Value);
  expect(values.length).toBeGreaterThan(40);
  return values
    .filter((symbol) => {
      const examples = symbol.getJsDocTags(checker).filter(({ name }) => name === 'example');
      return !examples.some(({ text }) => ts.displayPartsToString(text).includes('// →'));
    })
    .map(({ name }) => name);
}
