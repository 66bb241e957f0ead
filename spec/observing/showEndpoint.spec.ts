import { showEndpoint } from '../../src/observing/showEndpoint';

describe('showEndpoint', () => {
  it.each([
    ['127.0.0.1', 80, '127.0.0.1:80'],
    ['::1', 80, '[::1]:80'],
    ['/run/a.sock', undefined, '/run/a.sock'],
    ['\0abstract', undefined, '@abstract'],
    ['/run/\n\u001b[31m\u202e', undefined, '/run/??[31m?'],
    ['', undefined, undefined],
    [undefined, undefined, undefined],
  ])('shows %j with port %j as %j', (address, port, shown) => expect(showEndpoint(address, port)).toBe(shown));

  it('shows the end of a long path', () => {
    const shown = showEndpoint(`/${'long/'.repeat(20)}name.sock`);
    expect(shown).toHaveLength(60);
    expect(shown).toMatch(/^….*name\.sock$/);
  });
});
