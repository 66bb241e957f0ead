// Proves what only a kernel shows: it takes a large chunk inside the call that writes it.
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
});
