import { firstValueFrom } from 'rxjs';
import { connectionPair, framed } from 'rxjs-tcp';
import { verifyDecoder } from 'rxjs-tcp/testing';
import { crc16 } from './crc16.js';
import { frames, MAX_BODY } from './frames.js';
import { deviceMessages, gatewayMessages, type Reading } from './messages.js';

const reading: Reading = { kind: 'reading', sequence: 7, at: 1_700_000_000_000, value: 21.5 };

describe('the protocol of the devices', () => {
  it('has the checksum CRC-16/CCITT-FALSE', () => {
    expect(crc16(Buffer.from('123456789'))).toBe(0x29b1);
  });

  it('reads frames however they are cut', async () => {
    const codec = frames();
    const [one, two] = [codec.encode(Buffer.from('one')), codec.encode(Buffer.from('two'))];
    await verifyDecoder(
      () => frames(),
      [
        [one, Buffer.from('one')],
        [two, Buffer.from('two')],
      ],
    );
  });

  it('takes no frame whose checksum is wrong, and goes on with the next one', async () => {
    const wrong = Buffer.from(gatewayBytes(reading));
    wrong[10]! ^= 1;
    const skipped: number[] = [];
    const { reader, feed } = received((bytes) => skipped.push(bytes.length));
    feed(wrong);
    feed(gatewayBytes({ ...reading, sequence: 8 }));
    expect(await firstValueFrom(reader)).toEqual({ ...reading, sequence: 8 });
    expect(skipped.reduce((sum, length) => sum + length, 0)).toBe(wrong.length);
  });

  it('refuses bodies that no device may send', () => {
    expect(() => frames().encode(Buffer.alloc(MAX_BODY + 1))).toThrow(RangeError);
    expect(() => frames().encode(Buffer.alloc(0))).toThrow(RangeError);
    expect(() => gatewayMessages().encode({ kind: 'command', id: 1, text: 'x'.repeat(300) })).toThrow();
  });
});

function gatewayBytes(message: Reading): Uint8Array {
  return Buffer.from(deviceMessages().encode(message) as Uint8Array);
}

function received(onSkip: (bytes: Buffer) => void) {
  const [near, far] = connectionPair();
  return { reader: framed(near, gatewayMessages(onSkip)), feed: (bytes: Uint8Array) => far.writer.write(bytes) };
}
