import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** Runs the program in a pipe. */
async function run(
  args: readonly string[],
  onLine: (line: number, kill: (signal: NodeJS.Signals) => void) => void = () => {},
) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [text, errors, seen] = ['', '', 0];
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (; seen < text.split('\n').length - 1; seen++) onLine(seen, (signal) => child.kill(signal));
  });
  const [code] = await once(child, 'close');
  return { code, errors, lines: text.trimEnd().split('\n') };
}

function assertAddsUp(line: string | undefined): void {
  const [, opened, closed, open] = /^(\d+) opened, (\d+) closed, (\d+) open$/.exec(line ?? '') ?? [];
  assert.ok(Number(opened) > 0, line);
  assert.deepEqual([closed, open], [opened, '0']);
}

describe('the program', () => {
  it('prints one line each time where there is no terminal, and ends by itself', async () => {
    const { code, errors, lines } = await run(['--connections', '40', '--seconds', '2', '--interval', '0.5']);
    assert.deepEqual([code, errors], [0, '']);
    assert.ok(!lines.join('').includes('\x1b'));
    for (const line of lines.slice(0, -1)) assert.match(line, /^\d\d:\d\d:\d\d [\d,]+ open, \+\d+ -\d+\/s, in /);
    assertAddsUp(lines.at(-1));
  });

  it('ends in good order by SIGINT', async () => {
    const { code, errors, lines } = await run(['--connections', '40', '--interval', '0.5'], (line, kill) => {
      if (line === 2) kill('SIGINT');
    });
    assert.deepEqual([code, errors], [0, '']);
    assertAddsUp(lines.at(-1));
  });

  it('says what it takes, and what it does not take', async () => {
    assert.match((await run(['--help'])).lines[0]!, /^npm start -- /);
    const { code, errors } = await run(['--connections', 'many']);
    assert.equal(code, 1);
    assert.match(errors, /^RangeError: Cannot use 'many'/);
  });
});
