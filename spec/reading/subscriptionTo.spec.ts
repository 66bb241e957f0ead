// Proves that the subscription of a writer to a pipe of a reader is found, and no other.
import { share } from 'rxjs';
import { connectionPair, lines } from '../../src';
import { subscriptionTo } from '../../src/reading/rxjs7';

describe('subscriptionTo', () => {
  it('finds the subscription of the observer itself, and nothing behind share', async () => {
    const [near, far] = connectionPair();
    const seen: unknown[] = [];
    near.reader.input.onSubscribed = (subscriber) => seen.push(subscriptionTo(near.writer, subscriber));
    const direct = near.reader.pipe(lines()).subscribe(near.writer);
    direct.unsubscribe();
    const shared = near.reader.pipe(lines(), share()).subscribe(near.writer);
    shared.unsubscribe();
    near.reader.pipe(lines()).subscribe().unsubscribe();
    expect(seen).toEqual([direct, undefined, undefined]);
    near.destroy();
    far.destroy();
  });
});
