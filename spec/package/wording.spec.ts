import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { documents } from './snippets';

// Plain English: phrases that were hard to read and must not come back, each with what to write instead.

const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bwhoever\b/i, 'the caller, the peer, each reader…'],
  [/\bwho waits\b/i, 'a waiter, a pending read…'],
  [/\bthat (is|are) none\b/i, 'an invalid …'],
  [/\bcan't be meant\b/i, 'invalid options'],
  [/\bhangs? on\b/i, 'depends on'],
  [/\bto be had\b/i, 'available'],
  [/\bstands? (?!by\b)/i, 'is, comes'],
  [/\bdrops of\b/i, 'drops a part of'],
];

const root = resolve(__dirname, '../..');

describe('the wording', () => {
  it.each([...documents(root), 'CONTRIBUTING.md', 'SECURITY.md'])('of %s is plain English', (page) => {
    expect(oddities(page, readFileSync(join(root, page), 'utf8'))).toEqual([]);
  });

  it('is looked at line by line, code included', () => {
    expect(oddities('a.md', 'A `Buffer`.\n```\n// Whoever reads\n```\nIt depends on\nwhat stands here')).toEqual([
      'a.md:3: "Whoever": write the caller, the peer, each reader…',
      'a.md:6: "stands ": write is, comes',
    ]);
  });
});

function oddities(page: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) =>
    PHRASES.flatMap(([phrase, better]) => {
      const found = phrase.exec(line)?.[0];
      return found === undefined ? [] : [`${page}:${index + 1}: "${found}": write ${better}`];
    }),
  );
}
