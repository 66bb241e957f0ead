// Proves that undefined options are removed, and all others are passed on.
import { withoutUndefined } from '../../src/net/withoutUndefined';

describe('withoutUndefined', () => {
  it('removes undefined values, and no others', () => {
    const given = { noDelay: undefined, family: 0, host: '', lookup: null, keepAlive: false };
    expect(Object.keys(withoutUndefined(given))).toEqual(['family', 'host', 'lookup', 'keepAlive']);
    expect(withoutUndefined(given)).toEqual(given);
    expect(Object.keys(given)).toHaveLength(5);
  });
});
