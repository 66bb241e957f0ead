// Proves from where a search inside a frame counts; searches from its front are in readDecoders.spec.ts.
import { ByteBuffer, LimitOverrunError } from '../../src';
import { Needle } from '../../src/bytes/Needle';
import { findRecord } from '../../src/codecs/findRecord';
import { bytes, cutsOf } from '../support/cuts';
import { thrownBy } from '../support/thrownBy';

describe('findRecord', () => {
  const whole = bytes('a;bc;\r\nd');

  it.each([
    [0, { start: 1, end: 2 }],
    [1, { start: 1, end: 2 }],
    [2, { start: 4, end: 5 }],
    [5, { start: 5, end: 7 }],
    [7, undefined],
    [8, undefined],
  ])('finds the record from byte %i on', (from, found) => {
    for (const cut of cutsOf(whole)) {
      const buffer = new ByteBuffer();
      for (const chunk of cut) buffer.append(chunk);
      expect(findRecord(buffer, Needle.list([';', '\r\n']), 9, from)).toEqual(found);
      expect(buffer.length).toBe(whole.length);
    }
  });

  it('counts the limit from the start of the record, and `consumed` from the front', () => {
    const buffer = new ByteBuffer();
    buffer.append(bytes('12345abc;'));
    expect(findRecord(buffer, Needle.list(';'), 3, 5)).toEqual({ start: 8, end: 9 });
    const error = thrownBy(() => findRecord(buffer, Needle.list(';'), 2, 5));
    expect(error).toBeInstanceOf(LimitOverrunError);
    expect(error).toMatchObject({ limit: 2, consumed: 8 });
    expect(thrownBy(() => findRecord(buffer, Needle.list('--'), 2, 5))).toMatchObject({ consumed: 8 });
  });
});
