import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matches } from '../package/snippets';

/** A demo's entry: it hands every line that it prints to `log`. */
export type DemoMain = (log: (line: string) => void, ...args: string[]) => Promise<void>;

/** Runs a demo as `npm run demo -- NAME` does, and compares what it prints with the block that its header shows. */
export function describeDemo(name: string, main: DemoMain): void {
  it('prints what its header says', async () => {
    await printsItsHeader(name, main);
  });
}

/** The same inside a test: the lines that were printed. */
export async function printsItsHeader(name: string, main: DemoMain, ...args: string[]): Promise<string[]> {
  const printed: string[] = [];
  await main((line) => printed.push(line), ...args);
  const expected = printedBy(name);
  if (!matches(printed, expected)) expect(printed).toEqual(expected);
  return printed;
}

/**
 * The lines that a demo's header says it prints: the indented block after `It prints:`, where `…` is any text.
 *
 * @throws Error - If there are none: the demo would be compared with nothing.
 */
export function printedBy(name: string): string[] {
  const source = readFileSync(join(__dirname, `../../demos/${name}.ts`), 'utf8');
  const header = source.slice(0, source.indexOf('*/'));
  const [, block = ''] = header.split(/^ \* It prints:$/m);
  const lines = block
    .split('\n')
    .map((line) => line.replace(/^ \* {0,5}/, '').trimEnd())
    .join('\n')
    .replace(/^\n+|\n+$/g, '');
  if (lines === '') throw new Error(`Cannot check demos/${name}.ts: its header doesn't say what it prints`);
  return lines.split('\n');
}
