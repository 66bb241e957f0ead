import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * One ```` ```ts ```` block of a document: a complete module.
 *
 * Its info string can say `no-run` (it is type-checked, but not run), `file=server.ts` (the name under which the
 * other blocks of the same document import it) and `from=demos/a.ts` (it is a part of that file of the project, which is checked
 * where it is). Its output is in comments, `// → text`, one for each line in
 * the order of printing, where `…` is any text.
 */
export interface Snippet {
  /** The document, from the root of the project: `docs/reading.md`. */
  readonly document: string;
  /** The line of the document that has the first line of the code, from 1. */
  readonly line: number;
  /** The module's file name: unique in its document. */
  readonly file: string;
  readonly run: boolean;
  /** The file of which it is a part, from the root of the project. Such a block is neither type-checked nor run by itself. */
  readonly from?: string;
  readonly code: string;
  /** The lines it should print. */
  readonly expected: readonly string[];
}

/** The documents whose blocks are checked: README.md and docs/, from the root of the project. */
export function documents(root: string): string[] {
  return [...(existsSync(join(root, 'README.md')) ? ['README.md'] : []), ...markdownIn(root, 'docs')];
}

/** The blocks of one document, in order; of a TypeScript file those in its doc comments. */
export function readSnippets(root: string, document: string): Snippet[] {
  const text = readFileSync(join(root, document), 'utf8');
  return snippetsOf(document, document.endsWith('.ts') ? docCommentsOf(text) : text);
}

/** The doc comments of a TypeScript file as markdown; every other line is empty, so that lines keep their numbers. */
export function docCommentsOf(code: string): string {
  let inside = false;
  return code
    .split(/\r?\n/)
    .map((line) => {
      const [, text] = /^\s*\* ?(.*)$/.exec(line) ?? [];
      if (/^\s*\/\*\*(?!.*\*\/)/.test(line)) inside = true;
      else if (line.includes('*/')) inside = false;
      else if (inside && text !== undefined) return text;
      return '';
    })
    .join('\n');
}

/**
 * @throws Error - If two blocks have one name, if an info string has an unknown word, or if a block has no end.
 */
export function snippetsOf(document: string, markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  const names = new Set<string>();
  let open: { fence: string; indent: number; info: string; line: number; code: string[] } | undefined;

  for (const [index, text] of markdown.split(/\r?\n/).entries()) {
    const [, indent = '', fence, info = ''] = /^( *)(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text) ?? [];
    if (open === undefined) {
      if (fence !== undefined) open = { fence, indent: indent.length, info, line: index + 2, code: [] };
    } else if (fence?.startsWith(open.fence) && info === '') {
      if (/^ts\b/.test(open.info)) {
        const snippet = toSnippet(document, open.line, open.info, open.code);
        if (names.has(snippet.file))
          throw new Error(`${document}:${open.line}: ${snippet.file} is the name of two blocks`);
        names.add(snippet.file);
        snippets.push(snippet);
      }
      open = undefined;
    } else {
      open.code.push(text.slice(Math.min(open.indent, text.search(/\S|$/))));
    }
  }
  if (open !== undefined) throw new Error(`${document}:${open.line}: the block has no end`);
  return snippets;
}

/** Whether the printed lines are the expected ones; `…` in an expectation matches any text of its line. */
export function matches(printed: readonly string[], expected: readonly string[]): boolean {
  return (
    printed.length === expected.length &&
    expected.every((line, index) => {
      const pattern = line.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
      return new RegExp(`^${pattern.join('.*')}$`).test(printed[index]!);
    })
  );
}

function toSnippet(document: string, line: number, info: string, code: string[]): Snippet {
  const words = info.split(/\s+/).slice(1);
  const file = words.find((word) => word.startsWith('file='))?.slice('file='.length);
  const from = words.find((word) => word.startsWith('from='))?.slice('from='.length);
  const unknown = words.find(
    (word) => word !== 'no-run' && !/^file=[\w-]+\.ts$/.test(word) && !/^from=[\w/-]+\.ts$/.test(word),
  );
  if (unknown !== undefined) throw new Error(`${document}:${line}: ${unknown} is no word for a block`);
  return {
    document,
    line,
    file: file ?? `line-${line}.ts`,
    run: !words.includes('no-run') && from === undefined,
    ...(from !== undefined && { from }),
    code: `${code.join('\n')}\n`,
    expected: code.flatMap((text) => /\/\/ → ?(.*?)\s*$/.exec(text)?.[1] ?? []),
  };
}

function markdownIn(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}
