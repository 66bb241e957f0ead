import { matcher } from '../../../src/wiretap/page/matcher';
import { Row } from '../../../src/wiretap/page/Row';
import { WIRE_EVENT_KINDS } from '../../../src/wiretap/WIRE_EVENT_KINDS';
import type { WireEventKind } from '../../../src/wiretap/WireEvent';

const row = (id: number, ...kinds: readonly WireEventKind[]): Row => {
  const made = new Row(id, `10.0.0.${id}:5000`, '127.0.0.1:6379', 'client', 0);
  made.add(kinds.map((kind, seq) => [seq, seq, WIRE_EVENT_KINDS.indexOf(kind), 0]));
  return made;
};
const rows = [row(1, 'open'), row(2, 'open', 'close'), row(3, 'open', 'reset', 'close'), row(11, 'tls', 'paused')];

describe('matcher()', () => {
  it.each([
    ['', [1, 2, 3, 11]],
    ['#1', [1]],
    ['10.0.0.1', [1, 11]],
    ['open', [1, 11]],
    ['CLOSED', [2]],
    ['reset', [3]],
    ['tls held', [11]],
    ['-open', [2, 3]],
    ['10. -#11 -reset', [1, 2]],
    ['nothing', []],
  ])('"%s"', (filter, ids) => expect(rows.filter(matcher(filter)).map(({ id }) => id)).toEqual(ids));
});
