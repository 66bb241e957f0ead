import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The page, and the policy that lets a browser run nothing but its own script. */
export class PageFile {
  readonly html: string;
  readonly policy: string;

  constructor(path: string = pathOfPage()) {
    this.html = readFileSync(path, 'utf8');
    this.policy = [
      "default-src 'none'",
      `script-src ${hashes(this.html, 'script')}`,
      `style-src ${hashes(this.html, 'style')}`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      // Text can't become a document, by whatever mistake: the browser refuses `innerHTML` and its like.
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join('; ');
  }
}

/** From the folder of this file upwards: the code may be bundled into any folder of the package. */
function pathOfPage(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const path = join(folder, 'dist/wiretap/page.html');
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) throw new Error('Cannot serve the page: the package has no dist/wiretap/page.html');
  }
}

function hashes(html: string, element: string): string {
  const texts = Array.from(
    html.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g')),
    ([, text]) => text!,
  );
  return texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ');
}
