// Proves that a connection needs no reference: it lives until one side ends it, and keeps the process alive meanwhile.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { lines, openConnection } from '../../src';
import { rawServer } from '../support/rawServer';
import { collectGarbage } from '../support/resources';
import { until } from '../support/until';

const MIB = 1024 * 1024;
const host = '127.0.0.1';

describe('a connection without references', () => {
  it('lives until one side ends it, also after a garbage collection', async () => {
    const seen: string[] = [];
    const { port, close } = await rawServer((socket) => void socket.once('data', (chunk) => socket.end(`${chunk}`)));
    // No variable keeps the connection, its reader or its writer.
    await openConnection({ host, port }).then(({ reader, writer }) => {
      reader.pipe(lines()).subscribe({ next: (line) => seen.push(line), complete: () => seen.push('|') });
      writer.write('still here\n');
    });
    collectGarbage();
    await until('it has answered', () => seen.length === 2);
    expect(seen).toEqual(['still here', '|']);
    await close();
  });

  it('sends everything before the process ends, also when nothing awaits it', async () => {
    let received = 0;
    const { port, close } = await rawServer((socket) => {
      socket.on('data', (chunk) => (received += chunk.length));
      socket.on('end', () => socket.end());
    });
    const child = spawn(process.execPath, [join(__dirname, '../support/writesAndEnds.js'), `${port}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(received).toBe(4 * MIB);
    await close();
  }, 20_000);
});
