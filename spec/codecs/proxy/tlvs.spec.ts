// Proves each field by its bytes, and that fields which do not fit their block are refused.
import { hex } from 'rxjs-tcp/testing';
import { InvalidFrameError } from '../../../src';
import type { ProxyTlvs } from '../../../src/codecs/proxy/ProxyHeader';
import { tlvs } from '../../../src/codecs/proxy/tlvs';
import { thrownBy } from '../../support/thrownBy';

describe('tlvs', () => {
  it.each<[string, string, ProxyTlvs]>([
    ['nothing', '', {}],
    ['ALPN', '01 0002 6832', { alpn: 'h2' }],
    ['the authority', '02 0003 612e62', { authority: 'a.b' }],
    ['an empty authority', '02 0000', { authority: '' }],
    ['a unique id', '05 0002 00ff', { uniqueId: hex`00ff` }],
    ['the longest unique id', `05 0080 ${'ab'.repeat(128)}`, { uniqueId: Buffer.alloc(128, 0xab) }],
    ['the namespace', '30 0002 6e73', { netns: 'ns' }],
    ['an unknown field', 'ea 0001 01', { others: [{ type: 0xea, value: hex`01` }] }],
    ['a checksum', '03 0004 00000000', { crc32c: true }],
    ['TLS without a certificate', '20 0005 01 00000001', { tls: { encrypted: true, verified: false } }],
    [
      'TLS with a certificate and texts',
      '20 001d 07 00000000  21 0003 312e33  22 0002 6d65  23 0001 63  24 0001 73  25 0001 6b  26 0001 67'.replace(
        '001d',
        '0020',
      ),
      {
        tls: {
          encrypted: true,
          certificate: 'connection',
          verified: true,
          version: '1.3',
          commonName: 'me',
          cipher: 'c',
          signature: 's',
          key: 'k',
          others: [{ type: 0x26, value: hex`67` }],
        },
      },
    ],
    ['a resumed session', '20 0005 05 00000000', { tls: { encrypted: true, certificate: 'session', verified: true } }],
  ])('reads and writes %s', (_, bytes, known) => {
    expect(tlvs.decode(hex`${bytes}`, 28).known).toEqual(known);
    expect(tlvs.encode(known)).toEqual(hex`${bytes}`);
  });

  it.each<[string, string, ProxyTlvs]>([
    ['a NOOP', '04 0003 000000 01 0002 6832 04 0000', { alpn: 'h2' }],
    [
      'several unknown fields',
      'e0 0000 e1 0001 01 e0 0001 02',
      {
        others: [
          { type: 0xe0, value: hex`` },
          { type: 0xe0, value: hex`02` },
          { type: 0xe1, value: hex`01` },
        ],
      },
    ],
    ['what is not UTF-8', '02 0002 61ff', { authority: 'a\ufffd' }],
    ['a good result without a certificate', '20 0005 01 00000000', { tls: { encrypted: true, verified: false } }],
    [
      'a bad certificate',
      '20 0005 07 0000000a',
      { tls: { encrypted: true, certificate: 'connection', verified: false } },
    ],
    ['no TLS', '20 0005 00 00000000', { tls: { encrypted: false, verified: false } }],
  ])('reads %s', (_, bytes, known) => expect(tlvs.decode(hex`${bytes}`, 28).known).toEqual(known));

  it.each<[string, string, string, number]>([
    ['a lone type', '01', 'a field has no length', 28],
    ['half a length', '01 00', 'a field has no length', 28],
    ['a value behind the end', '01 0003 6832', 'a field is longer than the header', 29],
    ['a second field behind the end', '04 0000 01 0003 6832', 'a field is longer than the header', 32],
    ['two authorities', '02 0001 61 02 0001 62', 'there are several fields of type 2', 32],
    ['two checksums', '03 0004 00000000 03 0004 00000000', 'there are several fields of type 3', 35],
    ['a short checksum', '03 0003 000000', 'the checksum has 3 bytes, not 4', 31],
    ['a long unique id', `05 0081 ${'00'.repeat(129)}`, 'the unique id has 129 bytes, not up to 128', 31],
    ['short details of TLS', '20 0004 01000000', 'the details of TLS have 4 bytes, not 5 at least', 31],
    ['details of TLS behind the end', '20 0009 01 00000000 21 0002 31', 'a field is longer than the header', 37],
    ['two versions of TLS', '20 000d 01 00000000 21 0001 31 21 0001 32', 'there are several fields of type 33', 40],
  ])('refuses %s', (_, bytes, reason, offset) => {
    expect(thrownBy(() => tlvs.decode(hex`${bytes}`, 28))).toEqual(new InvalidFrameError(reason, offset));
  });

  it('copies what it returns, so that no chunk stays in memory', () => {
    const block = hex`05 0001 61 ea 0001 62`;
    const { uniqueId, others } = tlvs.decode(block, 0).known;
    block.fill(0);
    expect(`${uniqueId} ${others?.[0]?.value}`).toBe('a b');
  });

  it.each<[ProxyTlvs, string]>([
    [{ uniqueId: Buffer.alloc(129) }, 'Cannot encode a unique id of 129 bytes: it has at most 128'],
    [{ others: [{ type: 256, value: Buffer.alloc(1) }] }, 'Cannot encode a field of type 256 with 1 bytes'],
    [{ others: [{ type: 0.5, value: Buffer.alloc(1) }] }, 'Cannot encode a field of type 0.5 with 1 bytes'],
    [{ authority: 'x'.repeat(65_536) }, 'Cannot encode a field of type 2 with 65536 bytes'],
  ])('does not write %j', (fields, message) => expect(() => tlvs.encode(fields)).toThrow(message));
});
