import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Diagram } from './Diagram';

// The ```marbles blocks in the doc comments of the operators are what the operators do. `npm run diagrams` draws them anew.

const REDRAW = process.env.REDRAW_DIAGRAMS === '1';
const root = resolve(__dirname, '../..');
const index = readFileSync(join(root, 'src/index.ts'), 'utf8');
const operators = readdirSync(join(root, 'src/operators'))
  .map((name) => name.replace(/\.ts$/, ''))
  .filter((name) => index.includes(`'./operators/${name}'`));

describe('the diagrams', () => {
  it.each(operators)('of %s are what it does', async (name) => {
    const file = join(root, 'src/operators', `${name}.ts`);
    const code = readFileSync(file, 'utf8');
    const { found, drawn } = await redraw(code);
    expect(found).toBeGreaterThan(0);
    if (REDRAW) writeFileSync(file, drawn);
    else expect(drawn).toBe(code);
  });
});

describe('a diagram', () => {
  const draw = (...lines: string[]) => new Diagram(lines).draw();

  it('has what comes in above its code, and gets what comes out below', async () => {
    const lines = ["arrives  'he'---'llo\\nwor'---'ld'-|", '         reader.pipe(lines())', 'emits'];
    expect(await draw(...lines)).toEqual([...lines.slice(0, 2), "emits    -------'hello'-----------'world'|"]);
  });

  it('shows when the reader is held, and what the kernel gets', async () => {
    expect(
      await draw(
        "arrives  'ab'---'cd'---------|",
        'kernel   ------x-------o------',
        'with     { highWaterMark: 2 }',
        '         reader.pipe(backpressure(writer)).subscribe(writer)',
        'written',
        'pressure',
        'held',
      ),
    ).toEqual([
      "arrives  'ab'---'cd'---------|",
      'kernel   ------x-------o------',
      'with     { highWaterMark: 2 }',
      '         reader.pipe(backpressure(writer)).subscribe(writer)',
      "written  ------'ab'----'cd'--|",
      'pressure ======-=======-------',
      'held     ======-=======-------',
    ]);
  });

  it('shows a loop with promises, and an error', async () => {
    expect(
      await draw(
        'source   1--2--#',
        '         for await (const n of eachValueFrom(source)) {',
        '           emit(n);',
        '         }',
        'emits',
      ),
    ).toContain('emits    1--2--#Error');
  });

  it('refuses a row that it does not know, and values that would cover each other', async () => {
    expect(() => new Diagram(['comes    a', '         reader', 'emits'])).toThrow('Cannot read the row "comes    a"');
    expect(() => new Diagram(["arrives  'a'", '         reader'])).toThrow('no row below its code');
    await expect(draw('source   12|', '         source.pipe(concatMap(() => of(1, 2, 3)))', 'emits')).rejects.toThrow(
      'Cannot draw 2 at 0 ms behind 1: they must be farther apart',
    );
  });
});

/** The code with its diagrams drawn anew, and how many there are. */
async function redraw(code: string): Promise<{ found: number; drawn: string }> {
  const parts = code.split(/^( \* ```marbles\n(?: \*.*\n)*? \* ```\n)/m);
  for (let i = 1; i < parts.length; i += 2) {
    const lines = parts[i]!.split('\n')
      .slice(1, -2)
      .map((line) => line.replace(/^ \* ?/, ''));
    const drawn = await new Diagram(lines).draw();
    parts[i] = [' * ```marbles', ...drawn.map((line) => ` * ${line}`.trimEnd()), ' * ```', ''].join('\n');
  }
  return { found: (parts.length - 1) / 2, drawn: parts.join('') };
}
