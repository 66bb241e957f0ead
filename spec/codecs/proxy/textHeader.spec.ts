// Proves the lines of version 1, in any cut, with all their faults.
import { hex, verifyDecoder } from 'rxjs-tcp/testing';
import { ByteBuffer, InvalidFrameError, LimitOverrunError } from '../../../src';
import type { ProxyHeader } from '../../../src/codecs/proxy/ProxyHeader';
import { textHeader } from '../../../src/codecs/proxy/textHeader';
import { thrownBy } from '../../support/thrownBy';

const unknown: ProxyHeader = { version: 1, local: false, tlvs: {} };
const tcp4: ProxyHeader = {
  ...unknown,
  source: { address: '192.0.2.1', port: 56_324 },
  destination: { address: '198.51.100.1', port: 443 },
};
const tcp6: ProxyHeader = {
  ...unknown,
  source: { address: '2001:db8::1', port: 0 },
  destination: { address: '::ffff:10.0.0.1', port: 65_535 },
};
const full = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

describe('textHeader', () => {
  it('reads and writes headers in any cut', () => {
    verifyDecoder(textHeader, [
      [Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n'), tcp4],
      [Buffer.from('PROXY UNKNOWN\r\n'), unknown],
      [Buffer.from('PROXY TCP6 2001:db8::1 ::ffff:10.0.0.1 0 65535\r\n'), tcp6],
    ]);
  });

  it('reads one address in each of its forms, and ignores what follows UNKNOWN', () => {
    const longest = `PROXY UNKNOWN ${full} ${full} 65535 65535\r\n`;
    expect(longest.length).toBe(107);
    verifyDecoder(
      textHeader,
      [
        [Buffer.from(longest), unknown],
        [Buffer.from('PROXY UNKNOWN \r\n'), unknown],
        [Buffer.from('PROXY TCP6 2001:DB8:0::1 ::FFFF:a00:1 0 65535\r\n'), tcp6],
      ],
      { manyForms: true },
    );
  });

  it.each([
    ['PROXY \r\n', 'the family is not TCP4, TCP6 or UNKNOWN', 6],
    ['PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n', 'the family is not TCP4, TCP6 or UNKNOWN', 6],
    ['PROXY UNKNOWNS\r\n', 'the family is not TCP4, TCP6 or UNKNOWN', 6],
    ['PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n', 'the family is not TCP4, TCP6 or UNKNOWN', 6],
    ['PROXY TCP4\r\n', 'the source address is wrong', 10],
    ['PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n', 'the source address is wrong', 11],
    ['PROXY TCP4 ::1 ::1 1 2\r\n', 'the source address is wrong', 11],
    ['PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n', 'the source address is wrong', 11],
    ['PROXY TCP4 1.1.1.1 2.2.2.02 1 2\r\n', 'the destination address is wrong', 19],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n', 'the source port is wrong', 27],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n', 'the source port is wrong', 27],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n', 'the destination port is wrong', 28],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1 -2\r\n', 'the destination port is wrong', 29],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n', 'more follows the ports', 30],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1 2\nGET /\r\n', 'the destination port is wrong', 29],
  ])('refuses %j: %s', (line, reason, offset) => {
    verifyDecoder(textHeader, [
      [Buffer.from('PROXY UNKNOWN\r\n'), unknown],
      [Buffer.from(line), new InvalidFrameError(reason, offset)],
    ]);
  });

  it('refuses a line of more than 107 bytes as soon as they are there', () => {
    const buffer = new ByteBuffer();
    buffer.append(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(92)}`));
    expect(textHeader.decode(buffer)).toBeUndefined();
    buffer.append(Buffer.from('\r'));
    expect(thrownBy(() => textHeader.decode(buffer))).toEqual(new LimitOverrunError(107, 107));
    expect(buffer.length).toBe(107);
  });

  it.each<[string, Partial<ProxyHeader>]>([
    ['LOCAL', { local: true }],
    ['datagrams', { datagram: true }],
    ['fields', { tlvs: { authority: 'example.org' } }],
    ['a path', { source: { address: '/run/x' }, destination: { address: '' } }],
    ['a name', { source: { address: 'example.org', port: 1 } }],
    ['two families', { source: { address: '::1', port: 1 } }],
    ['no port', { source: { address: '192.0.2.1' } }],
    ['a port of 65536', { source: { address: '192.0.2.1', port: 65_536 } }],
    ['a break in the address', { source: { address: '192.0.2.1\r\n', port: 1 } }],
  ])('does not write %s', (_, part) => {
    expect(() => textHeader.encode({ ...tcp4, ...part })).toThrow(TypeError);
  });

  it('needs no more than the line: the rest stays', () => {
    const buffer = new ByteBuffer();
    buffer.append(Buffer.concat([textHeader.encode(tcp4), hex`1603 01`]));
    expect(textHeader.decode(buffer)).toEqual(tcp4);
    expect(buffer.peek(9)).toEqual(hex`160301`);
  });
});
