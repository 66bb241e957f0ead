import { readJsonLines, type WireEvent } from '../../src/wiretap';
import { printJsonLines } from '../../src/wiretap/print/printJsonLines';

describe('readJsonLines', () => {
  const events: WireEvent[] = [
    { seq: 0, time: 0, connection: 1, kind: 'open', local: '/tmp/\u2028\x1b.sock', remote: '[::1]:80', openedAt: 5 },
    { seq: 0, time: 0, connection: 2, kind: 'open' },
    { seq: 1, time: 7, connection: 1, kind: 'rx', bytes: 3, data: Buffer.from([0, 255, 10]) },
    { seq: 2, time: 8, connection: 1, kind: 'tx', bytes: 3, data: Buffer.alloc(0) },
    { seq: 3, time: 9, connection: 1, kind: 'tls', bytes: 0, side: 'server' },
    { seq: 4, time: 9, connection: 1, kind: 'close', by: 'error', error: 'é\u202e' },
  ];

  it('reads what was printed, by connection, and the lines are ASCII', () => {
    const text = printJsonLines(events);
    expect(text).toMatch(/^[ -~\n]*$/);
    const logs = readJsonLines(`\n${text}\r\n`);
    expect(logs.map((log) => log.events())).toEqual(
      [1, 2].map((n) => events.filter(({ connection }) => connection === n)),
    );
    expect(logs[0]?.toJsonLines()).toBe(
      text
        .split('\n')
        .filter((line) => line.includes('"connection":1'))
        .map((line) => `${line}\n`)
        .join(''),
    );
  });

  it.each<[string, string, string]>([
    ['no JSON', '{', 'Cannot read line 2 as an event: '],
    ['no object', '[]', 'Cannot read line 2 as an event: it is no object'],
    ['null', 'null', 'it is no object'],
    ['a missing field', '{"seq":1,"time":2,"connection":1}', 'kind must be a string, and is undefined'],
    [
      'a field of another type',
      '{"seq":1,"time":2,"connection":1,"kind":"rx","data":5}',
      'data must be a string, and is number',
    ],
    ['an unknown kind', '{"seq":1,"time":2,"connection":1,"kind":"px"}', "there is no kind 'px'"],
    ['a number below 0', '{"seq":1,"time":-2,"connection":1,"kind":"rx"}', 'time must not be below 0'],
  ])('refuses %s, and names the line', (_, line, message) => {
    expect(() => readJsonLines(`${printJsonLines(events.slice(0, 1))}${line}\n`)).toThrow(message);
    expect(() => readJsonLines(line)).toThrow(SyntaxError);
  });

  it('leaves out fields that it does not know', () => {
    const [log] = readJsonLines('{"seq":1,"time":2,"connection":1,"kind":"rx","__proto__":{"a":1},"more":5}');
    expect(log?.events()).toEqual([{ seq: 1, time: 2, connection: 1, kind: 'rx' }]);
  });
});
