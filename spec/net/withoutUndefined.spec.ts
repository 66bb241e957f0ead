// Proves that options which are undefined are left out, and all others are passed on.
import { withoutUndefined } from '../../src/net/withoutUndefined';

describe('withoutUndefined', () => {
  it('leaves out what is undefined, and nothing else', () => {
    const given = { noDelay: undefined, family: 0, host: '', lookup: null, keepAlive: false };
    expect(Object.keys(withoutUndefined(given))).toEqual(['family', 'host', 'lookup', 'keepAlive']);
    expect(withoutUndefined(given)).toEqual(given);
    expect(Object.keys(given)).toHaveLength(5);
  });
});
