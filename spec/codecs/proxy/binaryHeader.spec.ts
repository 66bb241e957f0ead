// Proves the bytes of version 2, in any cut, with all their faults.
import { hex, verifyDecoder } from 'rxjs-tcp/testing';
import { ByteBuffer, InvalidFrameError, LimitOverrunError } from '../../../src';
import { binaryHeader } from '../../../src/codecs/proxy/binaryHeader';
import type { ProxyHeader } from '../../../src/codecs/proxy/ProxyHeader';
import { thrownBy } from '../../support/thrownBy';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const of = (rest: string) => hex`${SIGNATURE}${rest}`;
const local: ProxyHeader = { version: 2, local: true, tlvs: {} };
const unknown: ProxyHeader = { version: 2, local: false, tlvs: {} };
const tcp4: ProxyHeader = {
  ...unknown,
  source: { address: '192.0.2.1', port: 56_324 },
  destination: { address: '198.51.100.1', port: 443 },
};
const TCP4 = 'c0000201 c6336401 dc04 01bb';
const tcp6: ProxyHeader = {
  ...unknown,
  source: { address: '2001:db8::1', port: 1 },
  destination: { address: '::1', port: 2 },
};
const TCP6 = `20010db8${'00'.repeat(11)}01 ${'00'.repeat(15)}01 0001 0002`;
const path = (text: string) => Buffer.concat([Buffer.from(text)], 108).toString('hex');

describe('binaryHeader', () => {
  it('reads and writes headers in any cut', () => {
    verifyDecoder(binaryHeader, [
      [of(`21 11 000c ${TCP4}`), tcp4],
      [of('20 00 0000'), local],
      [of(`21 21 0024 ${TCP6}`), tcp6],
      [of('21 00 0000'), unknown],
      [of(`21 12 000c ${TCP4}`), { ...tcp4, datagram: true }],
      [of(`21 22 0024 ${TCP6}`), { ...tcp6, datagram: true }],
      [of(`21 11 0011 ${TCP4} 01 0002 6832`), { ...tcp4, tlvs: { alpn: 'h2' } }],
      [of('21 00 0005 05 0002 6964'), { ...unknown, tlvs: { uniqueId: Buffer.from('id') } }],
    ]);
  });

  it('reads and writes the paths of Unix sockets', () => {
    const long = `/${'x'.repeat(107)}`;
    verifyDecoder(binaryHeader, [
      [
        of(`21 31 00d8 ${path('/run/a')} ${path('')}`),
        { ...unknown, source: { address: '/run/a' }, destination: { address: '' } },
      ],
      [
        of(`21 32 00d8 ${path('\0name')} ${path(long)}`),
        { ...unknown, source: { address: '\0name' }, destination: { address: long }, datagram: true },
      ],
    ]);
  });

  it('ignores all that is behind LOCAL, and what is no field behind UNSPEC', () => {
    verifyDecoder(
      binaryHeader,
      [
        [of(`20 11 000c ${TCP4}`), local],
        [of('20 ff 0003 ffffff'), local],
        [of('21 00 0003 ffffff'), unknown],
      ],
      { manyForms: true },
    );
  });

  it('checks the checksum of the whole header', () => {
    const header: ProxyHeader = { ...tcp4, tlvs: { authority: 'example.org', crc32c: true } };
    const bytes = binaryHeader.encode(header);
    verifyDecoder(binaryHeader, [[bytes, header]]);
    for (let at = 16; at < bytes.length; at++) {
      const wrong = Buffer.from(bytes);
      wrong[at] = (wrong[at] as number) ^ 1;
      const buffer = new ByteBuffer();
      buffer.append(wrong);
      expect(() => binaryHeader.decode(buffer)).toThrow(InvalidFrameError);
      expect(buffer.length).toBe(bytes.length);
    }
  });

  it.each<[string, Buffer, Error]>([
    [
      'version 1',
      of('11'),
      new InvalidFrameError('the version and the command are neither LOCAL nor PROXY of version 2', 12),
    ],
    [
      'a command',
      of('22'),
      new InvalidFrameError('the version and the command are neither LOCAL nor PROXY of version 2', 12),
    ],
    ['a family', of('21 41'), new InvalidFrameError('the protocol does not exist', 13)],
    ['a protocol', of('21 13'), new InvalidFrameError('the protocol does not exist', 13)],
    ['half a family', of('21 10'), new InvalidFrameError('the protocol does not exist', 13)],
    ['IPv4 in 11 bytes', of('21 11 000b'), new InvalidFrameError('the length is too small for the addresses', 14)],
    ['IPv6 in 35 bytes', of('21 21 0023'), new InvalidFrameError('the length is too small for the addresses', 14)],
    ['paths in 215 bytes', of('21 31 00d7'), new InvalidFrameError('the length is too small for the addresses', 14)],
    ['537 bytes', of('21 11 0209'), new LimitOverrunError(536, 537)],
    ['65551 bytes of LOCAL', of('20 00 ffff'), new LimitOverrunError(536, 65_551)],
  ])('refuses %s with the first byte that says so', (_, bytes, error) => {
    const buffer = new ByteBuffer();
    buffer.append(bytes.subarray(0, -1));
    expect(binaryHeader.decode(buffer)).toBeUndefined();
    buffer.append(bytes.subarray(-1));
    for (let again = 0; again < 2; again++) expect(thrownBy(() => binaryHeader.decode(buffer))).toEqual(error);
    expect(buffer.length).toBe(bytes.length);
  });

  it('reads the longest header of 536 bytes', () => {
    const value = Buffer.alloc(520 - 12 - 3, 'x');
    const header: ProxyHeader = { ...tcp4, tlvs: { others: [{ type: 0xe0, value }] } };
    const bytes = binaryHeader.encode(header);
    expect(bytes.length).toBe(536);
    verifyDecoder(binaryHeader, [[bytes, header]]);
    const longer = { ...tcp4, tlvs: { others: [{ type: 0xe0, value: Buffer.alloc(value.length + 1) }] } };
    expect(thrownBy(() => binaryHeader.encode(longer))).toEqual(new LimitOverrunError(536, 537));
  });

  it.each<[string, Partial<ProxyHeader>]>([
    ['two families', { source: { address: '::1', port: 1 } }],
    ['a path and an address', { source: { address: '/run/x' } }],
    ['a name', { source: { address: 'example.org', port: 1 } }],
    ['a port of 65536', { source: { address: '192.0.2.1', port: 65_536 } }],
    ['a path of 109 bytes', { source: { address: 'x'.repeat(109) }, destination: { address: '' } }],
  ])('does not write %s', (_, part) => expect(() => binaryHeader.encode({ ...tcp4, ...part })).toThrow());
});
