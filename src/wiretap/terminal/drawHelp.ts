import type { Line } from './Line';

const KEYS: readonly (readonly [key: string, what: string])[] = [
  ['↑ ↓', 'choose a connection, or an event of the open one'],
  ['Enter, Esc', 'open a connection, go back'],
  ['← →', 'move in time'],
  ['+ -', 'zoom in and out'],
  ['Space', 'freeze, or follow the newest'],
  ['Home, End', 'the first event, the newest'],
  ['/ n N', 'search in the bytes, the next one, the one before'],
  ['f', 'show only connections with a text: an address, open, reset, bytes'],
  ['x', 'bytes as text or in hexadecimal'],
  ['t T', 'copy the connection as a test: as a script, as marbles'],
  ['q, Ctrl-C', 'end; again: at once'],
];

const SIGNS: readonly (readonly [sign: string, what: string])[] = [
  ['● 2 ■', 'bytes: one chunk, two, ten or more in this column'],
  ['═', 'this side must wait: the other one does not read'],
  ['│ ✖ T', 'FIN, reset, a TLS handshake begins'],
  ['…', 'events are missing here: the log was full'],
];

/** The keys and the signs. */
export function drawHelp(): Line[] {
  const row = ([left, right]: readonly [string, string]): Line => [
    { text: `  ${left.padEnd(12)}`, style: 'bold' },
    { text: right, style: 'plain' },
  ];
  return [[], ...KEYS.map(row), [], ...SIGNS.map(row), [], [{ text: '  Any key closes this.', style: 'dim' }]];
}
