import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

// Plain English in documents, comments, messages and test titles: phrases that were hard to read and must not come back,
// each with a sentence that has it and a better wording.

const PHRASES: readonly (readonly [phrase: RegExp, example: string, better: string])[] = [
  [/\bwhoever\b/i, 'it is left to whoever asks', 'the caller, the peer, each reader…'],
  // A noun before it makes it good English: "a user who reads".
  [
    /(?<!\b(?:those|people|users?|clients?|readers?|maintainers?|engineers?|everyone|anyone|someone|one|see|know) )\bwho (?!are you\b|am i\b)(?:is|are|has|had|does|did|waits?|reads?|writes?|asks?|takes?|gives?|gets?|comes?|goes|leaves?|wants?|calls?|needs?|holds?|loses|knows?|looks?|ends?|listens?|dials?)\b/i,
    'The end is told to who waits',
    'a waiter, a pending read, the peer…',
  ],
  [/\bwhom\b/i, 'it serves whom it has', 'which connection, its connections…'],
  [/\bthat (?:is|are|was|were) none\b/i, 'Refuses a port that is none', 'an invalid …'],
  [/\b(?:can't|cannot|can not|can) be meant\b/i, "options that can't be meant", 'invalid options'],
  [/\b(?:hangs?|hung) on (?:the|its|their|what|how)\b/i, 'which byte, hangs on the seed', 'depends on'],
  [/\bto be had\b/i, 'where there is nothing to be had', 'available'],
  [/\b(?:stands?|stood) (?!by\b|in\b|still\b|out\b)/i, 'The text stands behind the bar', 'is, comes'],
  [/\bdrops of\b/i, 'Drops of a chunk the first part', 'drops a part of'],
  [/\bwhat (?:is|are|was|were) to be\b/i, 'drops what is to be dropped', 'the bytes before…, the rest'],
  [/\b(?:is|are|was|were|been) told of\b/i, 'The server is told of it', 'learns of, is notified of'],
  [/\b(?:is|are|was|be|get) rid of\b/i, 'A server is rid of slow clients', 'closes, removes'],
  [/\bsays of\b/i, 'What a reader says of bytes', 'returns for, reports about'],
];

const root = resolve(__dirname, '../..');
const KINDS = /\.(?:ts|js|mjs|md|py)$/;
const ROOMS = ['src', 'spec', 'demos', 'bench', 'scripts', 'docs'];
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'];

describe('the wording', () => {
  it.each(ROOMS)('of %s/ is plain English', (room) => {
    const files = textsIn(room);
    expect(files.length).toBeGreaterThan(2);
    expect(files.flatMap((file) => oddities(file, read(file)))).toEqual([]);
  });

  it.each(PAGES)('of %s is plain English', (page) => expect(oddities(page, read(page))).toEqual([]));
});

describe('the search for odd phrases', () => {
  it('reads all kinds of files, in all folders', () => {
    expect(ROOMS.flatMap(textsIn)).toEqual(
      expect.arrayContaining([
        'src/index.ts',
        'src/net/Server.ts',
        'src/testing/marbles/MarbleScheduler.ts',
        'spec/net/Server.spec.ts',
        'spec/support/until.ts',
        'spec/support/crowd.js',
        'spec/support/interop/client.py',
        'demos/echoServer.ts',
        'bench/suite.ts',
        'scripts/demo.js',
        'docs/design.md',
      ]),
    );
    expect(ROOMS.flatMap(textsIn).filter((file) => file.includes('node_modules'))).toEqual([]);
    expect(textsIn('src').length).toBeGreaterThan(100);
    expect(textsIn('spec').length).toBeGreaterThan(100);
  });

  it.each(PHRASES)('finds %p in "%s"', (_, example) => expect(oddities('a.md', example)).toHaveLength(1));

  it('tells file, line, phrase and a better wording, code included', () => {
    expect(oddities('a.md', 'A `Buffer`.\n```\n// Whoever reads\n```\nIt depends on\nwhat stands here')).toEqual([
      'a.md:3: "Whoever": write the caller, the peer, each reader…',
      'a.md:6: "stands ": write is, comes',
    ]);
  });

  it.each([
    ['a comment', '// Refuses a port that\n  // is none.', 1],
    ['a docstring', '/**\n * It is left to the one that\n * is none.\n */', 2],
    ['a paragraph', 'Options that\ncan not\nbe meant', 2],
    ['a quote', '> The place where it\n> stands', 2],
  ])('finds a phrase across the lines of %s', (_, text, line) => {
    expect(oddities('a.ts', text)).toEqual([expect.stringMatching(`^a.ts:${line}: `)]);
  });

  it.each(['a user who reads', 'it depends on the seed', 'time stands still', 'hangs up', 'standsIn(value)'])(
    'finds nothing in "%s"',
    (text) => expect(oddities('a.md', text)).toEqual([]),
  );
});

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The files with text in a folder, this one left out: it has every phrase. */
function textsIn(room: string): string[] {
  return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .map((name) => `${room}/${name.split(sep).join('/')}`)
    .filter((file) => KINDS.test(file) && !/node_modules|\/build\/|wording\.spec\.ts$/.test(file));
}

/** The phrases in a text, also those across lines of a paragraph or comment, as `file:line: "phrase": write …`. */
function oddities(file: string, text: string): string[] {
  const starts: number[] = [];
  let joined = '';
  for (const line of text.split('\n')) {
    starts.push(joined.length);
    joined += `${line.replace(/^\s*(?:\/\/+|\/?\*+(?!\/)|#+|>)?\s*/, '').trimEnd()} `;
  }
  return PHRASES.flatMap(([phrase, , better]) =>
    [...joined.matchAll(new RegExp(phrase, `${phrase.flags}g`))].map(({ index, 0: found }) => ({
      index,
      found,
      better,
    })),
  )
    .sort((one, other) => one.index - other.index)
    .map(({ index, found, better: instead }) => {
      const line = starts.findLastIndex((start) => start <= index) + 1;
      return `${file}:${line}: "${found}": write ${instead}`;
    });
}
