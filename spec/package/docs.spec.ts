import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeSnippets } from './describeSnippets';
import { documents, matches, readSnippets, snippetsOf } from './snippets';

// Every ```ts block of README.md and docs/ is a module of a user's program, which is type-checked and run.

const root = resolve(__dirname, '../..');
const snippets = documents(root).flatMap((document) => readSnippets(root, document));

describe('the documents', () => {
  it('include README.md', () => {
    expect(snippets.filter(({ document, run }) => document === 'README.md' && run)).not.toEqual([]);
  });

  it('quote files as they are', () => {
    const quotes = snippets.filter(({ from }) => from !== undefined);
    const wrong = quotes.filter(({ from, code }) => !readFileSync(join(root, from!), 'utf8').includes(`\n${code}`));
    expect(wrong.map(({ document, line, from }) => `${document}:${line}: not in ${from}`)).toEqual([]);
    expect(quotes.length).toBeGreaterThan(3);
  });

  describeSnippets(
    'build/docs',
    snippets.filter(({ from }) => from === undefined),
  );
});

describe('snippetsOf()', () => {
  const blocks = (...lines: string[]) => snippetsOf('a.md', lines.join('\n'));

  it('finds the blocks that are marked as ts, at any depth, and no others', () => {
    const found = blocks('```ts', 'a', '```', '```sh', 'b', '```', '- x', '  ```ts', '  c', '    d', '  ```');
    expect(found.map(({ line, code }) => [line, code])).toEqual([
      [2, 'a\n'],
      [9, 'c\n  d\n'],
    ]);
    expect(blocks('````md', '```ts', 'a', '```', '````', '```tsx', 'b', '```')).toEqual([]);
  });

  it('names the blocks and lists those that are not run', () => {
    expect(blocks('```ts no-run file=a.ts', '```', '```ts', '```')).toMatchObject([
      { file: 'a.ts', run: false },
      { file: 'line-4.ts', run: true },
    ]);
    expect(blocks('```ts from=demos/a.ts', '```')).toMatchObject([{ from: 'demos/a.ts', run: false }]);
    expect(() => blocks('```ts file=a.ts', '```', '```ts file=a.ts', '```')).toThrow(
      'a.md:4: a.ts is the name of two blocks',
    );
    expect(() => blocks('```ts norun', '```')).toThrow('a.md:2: norun is no word for a block');
    expect(() => blocks('```ts', 'a')).toThrow('a.md:2: the block has no end');
  });

  it('reads the expected output of the blocks', () => {
    expect(blocks('```ts', 'print(); // → one two', '// → 3 …', '// not this', '```')[0]!.expected).toEqual([
      'one two',
      '3 …',
    ]);
    expect(matches(['one two', '3 ms (a)'], ['one two', '3 … (a)'])).toBe(true);
    expect(matches(['one two', '3 ms'], ['one two'])).toBe(false);
    expect(matches(['one two'], ['one two', '…'])).toBe(false);
    expect(matches(['one.two'], ['one two'])).toBe(false);
    expect(matches(['axb'], ['a.b'])).toBe(false);
  });
});
