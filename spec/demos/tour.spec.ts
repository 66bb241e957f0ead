import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../demos/tour';
import { printsItsHeader } from './describeDemo';

describe('the demo tour', () => {
  let printed: string;

  beforeAll(async () => {
    // 16 MiB instead of 64, to be quick.
    printed = (await printsItsHeader('tour', main, '16')).join('\n');
  }, 30_000);

  /** The numbers in the parentheses of a pattern. */
  const numbers = (pattern: RegExp) => pattern.exec(printed)!.slice(1).map(Number);

  it('delivers the requested lines, and the peer takes all of them', () => {
    expect(numbers(/memory +(\S+) MiB offered, (\S+) taken/)).toEqual([16, 16]);
  });

  it('buffers at most the read-ahead of the source and the current batch', () => {
    const [waited] = numbers(/at most (\d+) KiB waited here/);
    expect(waited).toBeLessThanOrEqual(512);
    const [relayed] = numbers(/(\d+) KiB of it are in the relay/);
    expect(relayed).toBeLessThanOrEqual(512);
  });

  it('gets all lines through the pipe', () => {
    const [received, sent] = numbers(/so +(\d+) of (\d+) lines received/);
    expect(received).toBe(sent);
  });

  it('stops the server while it is busy', () => {
    const [answered] = numbers(/200 questions, (\d+) of them are answered/);
    expect(answered).toBeLessThan(200);
  });

  it('fits a terminal of 80 columns', () => {
    expect(printed.split('\n').filter((line) => line.length >= 80)).toEqual([]);
  });
});

describe('the demos folder', () => {
  const namesIn = (folder: string, suffix: string) =>
    readdirSync(join(__dirname, folder))
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, -suffix.length));

  it('has a spec for each demo', () => {
    // Some demos are packages of their own, with specs of their own; for a part of them there is one here too.
    const ofFiles = namesIn('.', '.spec.ts').filter(
      (name) => !existsSync(join(__dirname, '../../demos', name, 'package.json')),
    );
    expect(ofFiles.sort()).toEqual(namesIn('../../demos', '.ts').sort());
  });
});
