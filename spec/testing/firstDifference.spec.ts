import { firstDifference } from '../../src/testing/firstDifference';

describe('firstDifference', () => {
  it.each([
    ['abc', 'abd', 2],
    ['abc', 'xbc', 0],
    ['ab', 'abc', 2],
    ['abc', 'ab', 2],
    ['abc', 'abc', 3],
    ['', 'a', 0],
    ['', '', 0],
  ])('of %j and %j is %i', (one, other, place) => {
    expect(firstDifference(Buffer.from(one), Buffer.from(other))).toBe(place);
  });
});
