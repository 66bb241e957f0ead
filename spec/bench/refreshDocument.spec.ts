import { refreshDocument } from '../../bench/support/refreshDocument';
import type { Result } from '../../bench/support/runCase';
import { workloads } from '../../bench/workloads';

const result: Result = {
  workload: 'decoders',
  case: '32',
  title: 'frames',
  spread: 0,
  rows: [
    { name: 'raw loop', floor: true, values: { time: 40.04 }, ratios: { time: 1 } },
    { name: 'rxjs-tcp lengthPrefixed', floor: false, values: { time: 1030 }, ratios: { time: 0.5 } },
    { name: 'gone', floor: false, trouble: 'not installed' },
  ],
};
const refresh = (text: string) => refreshDocument(text, workloads, [result], 'a machine');

describe('refreshDocument', () => {
  it('writes the tables of what was measured', () => {
    expect(refresh('a\n<!-- bench: decoders 32 -->\nold\n<!-- end -->\nb <!-- bench: machine -->\n<!-- end -->')).toBe(
      [
        'a',
        '<!-- bench: decoders 32 -->',
        '| frames | ns/frame | × floor |',
        '| --- | ---: | ---: |',
        '| raw loop | 40.0 | 1.00 |',
        '| **rxjs-tcp lengthPrefixed** | 1,030 | 0.50 |',
        '<!-- end -->',
        'b <!-- bench: machine -->',
        'a machine',
        '<!-- end -->',
      ].join('\n'),
    );
  });

  it('writes no number where a contender has none', () => {
    const rows: Result['rows'] = [{ name: 'other', floor: false, values: {}, ratios: {} }];
    const block = '<!-- bench: decoders 32 -->\n<!-- end -->';
    expect(refreshDocument(block, workloads, [{ ...result, rows }], '')).toContain('\n| other | – | – |\n');
  });

  it('keeps the tables that were not measured, and throws for a table that is never measured', () => {
    const old = '<!-- bench: decoders 1024 -->\nold\n<!-- end -->';
    expect(refresh(old)).toBe(old);
    expect(() => refresh('<!-- bench: decoders 7 -->\n<!-- end -->')).toThrow('there is no case decoders 7');
  });
});
