import { redactBy } from '../../../src/wiretap/cli/redactBy';

const redacted = (text: string, ...patterns: RegExp[]) => `${redactBy(patterns)(Buffer.from(text), 'tx')}`;

describe('redactBy', () => {
  it.each([
    ['what a pattern matches', 'PASS secret\r\n', /secret/dgs, 'PASS ******\r\n'],
    ['groups alone, if there are any', 'AUTH bob secret\r\n', /AUTH (\S+) (\S+)/dgs, 'AUTH *** ******\r\n'],
    ['every match', 'a=1 a=2', /a=(\d)/dgs, 'a=* a=*'],
    ['bytes across lines', 'AUTH\r\n$6\r\nsecret\r\n', /AUTH\r\n\$\d+\r\n(.*?)\r\n/dgs, 'AUTH\r\n$6\r\n******\r\n'],
    ['nothing where nothing matches', 'PING', /secret/dgs, 'PING'],
    ['groups that take part', 'x', /x|(y)/dgs, 'x'],
  ])('hides %s', (_, text, pattern, expected) => expect(redacted(text, pattern)).toBe(expected));

  it('hides as many bytes as there are, also of characters with several', () => {
    expect(redactBy([/ü+/dgs, /p(.+)q/dgs])(Buffer.from('pürq'), 'rx')).toHaveLength(Buffer.byteLength('pürq'));
    expect(redacted('pürq', /p(.+)q/dgs)).toBe('p***q');
  });
});
