import { plainText } from '../../../src/wiretap/page/plainText';

describe('plainText()', () => {
  it.each([
    ['GET /\r\n\r\n', 'GET /↵\n↵\n'],
    ['a\nb\rc', 'a⟨LF⟩\nb⟨CR⟩c'],
    ['\x1b[31mred\x00\x7f\x9b', '⟨U+001B⟩[31mred⟨U+0000⟩⟨U+007F⟩⟨U+009B⟩'],
    ['a\u2028b\u2029c\u202ed\u200be\ufefff', 'a⟨U+2028⟩b⟨U+2029⟩c⟨U+202E⟩d⟨U+200B⟩e⟨U+FEFF⟩f'],
    ['<b>&amp; ü 🎈', '<b>&amp; ü 🎈'],
  ])('shows %j', (text, shown) => expect(plainText(text)).toBe(shown));
});
