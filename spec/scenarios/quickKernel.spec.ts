// Proves what only a kernel shows: it takes a large chunk inside the call that writes it.
import { of, Subject, take } from 'rxjs';
import { writeTo } from '../../src';
import { transports } from '../support/transports';
import { until } from '../support/until';

describe('writeTo on a socket', () => {
  it('does not hold its reader while the kernel takes every chunk at once, however large', async () => {
    const sockets = transports.find(({ name }) => name === 'TCP')!;
    const { near, far, release } = await sockets.open('client');
    const hold = jest.spyOn(near.reader.input, 'hold');
    const counts: number[] = [];
    const echo = near.reader.pipe(writeTo(near.writer)).subscribe((count) => counts.push(count));
    far.writer.write(Buffer.alloc(200_000, 'x'));
    expect((await far.reader.readExactly(200_000)).length).toBe(200_000);
    await until('all is told', () => counts.at(-1) === 200_000);
    expect(hold).not.toHaveBeenCalled();
    echo.unsubscribe();
    await release();
  });

  it('tells progress only after next has returned, so that a source may be fed by its own progress', async () => {
    const sockets = transports.find(({ name }) => name === 'TCP')!;
    const { near, release } = await sockets.open('client', { highWaterMark: 1 });
    const source = new Subject<string>();
    let depth = 0;
    let deepest = 0;
    let count = 0;
    const writing = source.pipe(writeTo(near.writer)).subscribe((written) => {
      deepest = Math.max(deepest, ++depth);
      count = written;
      if (written < 100) source.next('x');
      depth--;
    });
    source.next('x');
    await until('all is told', () => count === 100);
    expect(deepest).toBe(1);
    writing.unsubscribe();
    await release();
  });

  it('counts no bytes that others write when they hear of its chunk, or of the pressure that it makes', async () => {
    const { near, release } = await transports[0]!.open('client', { highWaterMark: 4 });
    const { writer } = near;
    writer.pressure$.subscribe((on) => on && writer.write('of another'));
    writer.pipe(take(1)).subscribe(() => writer.write('again'));
    const counts: number[] = [];
    of('mine')
      .pipe(writeTo(writer))
      .subscribe((count) => counts.push(count));
    await until('all is told', () => counts.length > 0);
    expect(counts.at(-1)).toBe(4);
    await release();
  });
});
