// Proves packets by their bytes, for any cut, the sizes of their length fields, and which input is an error; and that
// the demo prints what its header says.
import * as fc from 'fast-check';
import { ByteBuffer, decode, InvalidFrameError, LimitOverrunError } from 'rxjs-tcp';
import { type FramePair, hex, verifyDecoder } from 'rxjs-tcp/testing';
import { main, mqtt, type Packet } from '../../demos/mqttClient';
import { handFed } from '../support/handFed';
import { runs } from '../support/runs';
import { thrownBy } from '../support/thrownBy';
import { describeDemo } from './describeDemo';

describe('the demo mqttClient', () => {
  describeDemo('mqttClient', main);

  it('reads and writes packets', () => {
    verifyDecoder<Packet>(mqtt, [
      [hex`10 0d 0004 4d515454 04 02 003c 0001 63`, { type: 'connect', client: 'c', keepAlive: 60 }],
      [hex`20 02 00 00`, { type: 'connack', code: 0 }],
      [hex`30 05 0001 61 6869`, { type: 'publish', topic: 'a', payload: 'hi' }],
      [hex`30 03 0001 61`, { type: 'publish', topic: 'a', payload: '' }],
      [hex`82 06 0007 0001 61 00`, { type: 'subscribe', id: 7, topics: ['a'] }],
      [hex`90 03 0007 00`, { type: 'suback', id: 7, codes: [0] }],
      [hex`c0 00`, { type: 'pingreq' }],
      [hex`d0 00`, { type: 'pingresp' }],
      [hex`e0 00`, { type: 'disconnect' }],
    ]);
  });

  it.each([
    [127, '7f'],
    [128, '8001'],
    [16_383, 'ff7f'],
    [16_384, '808001'],
    [2_097_151, 'ffff7f'],
    [2_097_152, '80808001'],
  ])('encodes the length %i as %s', (length, varint) => {
    const packet: Packet = { type: 'publish', topic: 'a', payload: 'x'.repeat(length - 3) };
    const encoded = Buffer.from(mqtt.encode(packet));
    expect(encoded.toString('hex', 0, 1 + varint.length / 2)).toBe(`30${varint}`);
    expect(encoded.length).toBe(1 + varint.length / 2 + length);
    const buffer = new ByteBuffer();
    buffer.append(encoded);
    expect(mqtt.decode(buffer, false)).toEqual(packet);
  });

  it('decodes any packets that it encoded, for any cuts', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const word = fc.nat(0xffff);
    const plain = { noNullPrototype: true } as const;
    const packets: fc.Arbitrary<Packet> = fc.oneof(
      fc.record({ type: fc.constant('connect' as const), client: text, keepAlive: word }, plain),
      fc.record(
        {
          type: fc.constant('publish' as const),
          topic: text,
          payload: fc.string({ unit: 'grapheme', maxLength: 150 }),
        },
        plain,
      ),
      fc.record({ type: fc.constant('subscribe' as const), id: word, topics: fc.array(text, { maxLength: 3 }) }, plain),
      fc.record({ type: fc.constantFrom('pingreq' as const, 'pingresp' as const) }, plain),
    );
    fc.assert(
      fc.property(fc.array(packets, { minLength: 1, maxLength: 3 }), (list) => {
        verifyDecoder<Packet>(
          mqtt,
          list.map((packet): FramePair<Packet> => [mqtt.encode(packet), packet]),
          { cuts: 3 },
        );
      }),
      { seed: 4, numRuns: runs(8, 25) },
    );
  });

  it.each([
    ['00 00', 'there is no packet 0'],
    ['32 05 0001 61 0001', 'there is no packet 32'],
    ['c0 01 00', 'a pingreq has 1 bytes too many at byte 2'],
    ['20 01 00', 'a connack lacks 1 bytes at byte 3'],
    ['30 04 0009 6161', 'a publish lacks 7 bytes at byte 4'],
    ['10 06 0004 48545450', 'it is not MQTT 3.1.1'],
    ['30 80 00', 'the varint has more bytes than it needs'],
    ['30 ffffffffffffffff 01', 'the varint is longer than 8 bytes'],
  ])('errors for %s', (packet, reason) => {
    const { reader, push } = handFed();
    let error: unknown;
    reader.pipe(decode(mqtt)).subscribe({ error: (thrown) => (error = thrown) });
    push(hex`${packet}`);
    expect(error).toBeInstanceOf(InvalidFrameError);
    expect((error as Error).message).toContain(reason);
  });

  it('refuses a packet of 256 MiB before it arrives, and throws for a number that does not fit', () => {
    const buffer = new ByteBuffer();
    buffer.append(hex`30 80808080 01`);
    expect(thrownBy(() => mqtt.decode(buffer, false))).toBeInstanceOf(LimitOverrunError);
    expect(() => mqtt.encode({ type: 'subscribe', id: 65_536, topics: [] })).toThrow(InvalidFrameError);
  });
});
