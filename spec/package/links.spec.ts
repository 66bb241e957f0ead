import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, posix, resolve } from 'node:path';
import { documents } from './snippets';

// Every relative link of the documents leads to a file of the project, and every anchor to a heading of its document.

const root = resolve(__dirname, '../..');
const pages = [...documents(root), 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

/** Reads a file of the project; `undefined` if it does not exist, and `''` for a folder. */
function read(path: string): string | undefined {
  const file = join(root, path);
  if (!existsSync(file)) return undefined;
  return statSync(file).isDirectory() ? '' : readFileSync(file, 'utf8');
}

describe('the documents', () => {
  it.each(pages)('%s has no dead link', (page) => {
    expect(deadLinks(page, read)).toEqual([]);
  });

  it('reach every page from README.md', () => {
    const targets = linksOf(read('README.md')!).map(({ target }) => target.replace(/#.*/, ''));
    expect(pages.filter((page) => page !== 'README.md' && !targets.includes(page))).toEqual([]);
  });

  it('list every demo in README.md', () => {
    const demos = readdirSync(join(root, 'demos')).filter((name) => name.endsWith('.ts'));
    const listed = read('README.md')!;
    expect(demos.map((name) => basename(name, '.ts')).filter((name) => !listed.includes(`\`${name}`))).toEqual([]);
  });
});

describe('the check for dead links', () => {
  const dead = (files: Record<string, string>) => deadLinks('docs/a.md', (path) => files[path]);

  it('finds a link to a missing file', () => {
    const text = '[b](b.md)\n[up](../c.md), [twice](../c.md) ![plot](bench/d.svg)';
    expect(dead({ 'docs/a.md': text, 'docs/b.md': '', 'docs/bench/d.svg': '' })).toEqual([
      'docs/a.md:2: ../c.md',
      'docs/a.md:2: ../c.md',
    ]);
  });

  it('finds a link to a missing heading', () => {
    const files = {
      'docs/a.md': '# One `two`: three\n[here](#one-two-three) [there](b.md#same-1) [not](#one) [nor](b.md#same-2)',
      'docs/b.md': '## Same\n## Same\n```md\n## Same\n```\n',
    };
    expect(dead(files)).toEqual(['docs/a.md:2: #one', 'docs/a.md:2: b.md#same-2']);
  });

  it('finds a link behind a line that starts with code', () => {
    expect(dead({ 'docs/a.md': '```` ```ts ```` and\n[here](x.md)' })).toEqual(['docs/a.md:2: x.md']);
  });

  it('ignores code and the web', () => {
    const text = '```md\n[a](x.md)\n```\n`[b](y.md)` [c](https://example.com/z.md#d) [e](mailto:a@example.com)';
    expect(dead({ 'docs/a.md': text })).toEqual([]);
  });
});

interface Link {
  /** From 1. */
  readonly line: number;
  readonly target: string;
}

/** The dead links, as `document:line: target`. */
function deadLinks(page: string, read: (path: string) => string | undefined): string[] {
  const dead = linksOf(read(page) ?? '').filter(({ target }) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path, anchor] = target.split('#') as [string, string | undefined];
    const text = read(path === '' ? page : posix.join(posix.dirname(page), path));
    return text === undefined || (anchor !== undefined && !anchorsOf(text).has(anchor));
  });
  return dead.map(({ line, target }) => `${page}:${line}: ${target}`);
}

function linksOf(markdown: string): Link[] {
  return proseOf(markdown).flatMap((text, index) =>
    Array.from(text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => ({
      line: index + 1,
      target: target!,
    })),
  );
}

/** The anchors of the headings, made as GitHub makes them. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const text of proseOf(markdown)) {
    const heading = /^#{1,6}\s+(.*?)\s*$/.exec(text)?.[1];
    if (heading === undefined) continue;
    const shown = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = shown.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    let unique = anchor;
    for (let i = 1; anchors.has(unique); i++) unique = `${anchor}-${i}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The lines of a document; those of code blocks are empty. */
function proseOf(markdown: string): string[] {
  let fence: string | undefined;
  return markdown.split(/\r?\n/).map((text) => {
    // What follows a fence has no backtick: else it is code inside of a line.
    const mark = /^ *(`{3,}|~{3,})[^`]*$/.exec(text)?.[1];
    const inside = fence !== undefined;
    if (mark !== undefined && fence === undefined) fence = mark;
    else if (mark?.startsWith(fence ?? mark)) fence = undefined;
    return inside || mark !== undefined ? '' : text;
  });
}
