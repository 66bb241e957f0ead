// Checks the site in build/site: each relative link leads to a file that is there, each anchor to an element with that id.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const site = resolve(dirname(fileURLToPath(import.meta.url)), '../../build/site');
const pages = new Map(
  readdirSync(site, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => [name.replaceAll('\\', '/'), readFileSync(join(site, name), 'utf8')]),
);
const ids = new Map(
  [...pages].map(([page, html]) => [page, new Set(Array.from(html.matchAll(/\bid="([^"]*)"/g), ([, id]) => id))]),
);

const dead = [...pages].flatMap(([page, html]) =>
  Array.from(html.matchAll(/\b(?:href|src)="([^"]*)"/g), ([, link]) => link)
    .filter((link) => !/^(?:[a-z]+:|\/\/)/.test(link) && !leads(page, link))
    .map((link) => `${page}: ${link}`),
);

function leads(page, link) {
  const [path, anchor] = decodeURI(link).split('#');
  const target = path === '' ? page : posix.join(posix.dirname(page), path.split('?')[0]);
  if (!anchor || !target.endsWith('.html')) return existsSync(join(site, target));
  return ids.get(target)?.has(anchor.replaceAll('&amp;', '&')) ?? false;
}

if (pages.size < 10) throw new Error('Cannot check the links: there is no site, run `npm run docs` first');
for (const line of new Set(dead)) console.error(`Dead link in ${line}`);
if (dead.length > 0) process.exitCode = 1;
else console.log(`build/site/index.html: ${pages.size} pages, all links lead somewhere`);
