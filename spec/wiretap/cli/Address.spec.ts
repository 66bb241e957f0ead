import { isLocalAddress, parseAddress, showAddress } from '../../../src/wiretap/cli/Address';

describe('an address of the command line', () => {
  it.each([
    ['9000', { host: undefined, port: 9000 }, '9000', true],
    ['0', { host: undefined, port: 0 }, '0', true],
    ['localhost:80', { host: 'localhost', port: 80 }, 'localhost:80', true],
    ['127.1.2.3:80', { host: '127.1.2.3', port: 80 }, '127.1.2.3:80', true],
    ['127.evil.example:80', { host: '127.evil.example', port: 80 }, '127.evil.example:80', false],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }, '0.0.0.0:80', false],
    ['[::1]:80', { host: '::1', port: 80 }, '[::1]:80', true],
    ['[::]:80', { host: '::', port: 80 }, '[::]:80', false],
    ['/run/x.sock', { path: '/run/x.sock' }, '/run/x.sock', true],
    ['unix:x.sock', { path: 'x.sock' }, 'x.sock', true],
  ])('%s', (text, address, shown, local) => {
    const read = parseAddress('--listen', text, 0);
    expect(read).toEqual(address);
    expect(showAddress(read)).toBe(shown);
    expect(isLocalAddress(read)).toBe(local);
  });

  it.each(['', 'host', 'host:', ':80', '65536', 'a:b:80', '::1:80', '[localhost]:80', '-1', '80x', 'unix:'])(
    'is refused: %p',
    (text) => {
      expect(() => parseAddress('--to', text, 0)).toThrow(
        `Cannot use '${text}' for --to: it must be a port from 0 to 65535, host:port, [IPv6]:port, or a path`,
      );
    },
  );

  it('of a target has no port 0', () => expect(() => parseAddress('--to', '0', 1)).toThrow('a port from 1 to 65535'));
});
