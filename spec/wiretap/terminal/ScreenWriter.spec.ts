import type { Line } from '../../../src/wiretap/terminal/Line';
import { readKeys } from '../../../src/wiretap/terminal/readKeys';
import { ScreenWriter } from '../../../src/wiretap/terminal/ScreenWriter';

const line = (text: string): Line => [{ text, style: 'client' }];

describe('ScreenWriter', () => {
  it('writes only lines that have changed, all of them after a resize, and brings the screen back', () => {
    let written = '';
    const screen = new ScreenWriter((text) => (written += text), false);
    const show = (lines: string[], columns = 10) => {
      written = '';
      screen.show(lines.map(line), { columns, rows: lines.length });
      return written;
    };
    expect(show(['one', 'two'])).toBe(
      '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J\x1b[1;1H\x1b[2Kone\x1b[2;1H\x1b[2Ktwo',
    );
    expect(show(['one', 'two'])).toBe('');
    expect(show(['one', 'new'])).toBe('\x1b[2;1H\x1b[2Knew');
    expect(show(['one', 'new'], 2)).toBe('\x1b[H\x1b[2J\x1b[1;1H\x1b[2Kon\x1b[2;1H\x1b[2Kne');
    written = '';
    screen.leave();
    screen.leave();
    expect(written).toBe('\x1b[?7h\x1b[?25h\x1b[?1049l');
  });

  it('uses colours unless it must not, and fills a bar', () => {
    const painted = (coloured: boolean) => {
      let written = '';
      new ScreenWriter((text) => (written = text), coloured).show(
        [
          [
            { text: 'ab', style: 'server' },
            { text: 'c', style: 'bar' },
          ],
        ],
        { columns: 5, rows: 1 },
      );
      return written.slice(written.lastIndexOf('K') + 1);
    };
    expect(painted(true)).toBe('\x1b[32mab\x1b[0m\x1b[7mc\x1b[0m\x1b[7m  \x1b[0m');
    expect(painted(false)).toBe('ab\x1b[7mc\x1b[0m\x1b[7m  \x1b[0m');
  });
});

describe('readKeys', () => {
  it.each([
    ['ab ü', ['a', 'b', ' ', 'ü']],
    ['\x1b[A\x1bOB\x1b[5~', ['up', 'down', 'page-up']],
    ['\x1b', ['escape']],
    ['\r\x7f\x03', ['enter', 'backspace', 'ctrl-c']],
    ['\x1b[200~x\x00\u202e', ['x']],
  ])('reads %j', (text, keys) => expect(readKeys(text)).toEqual(keys));
});
