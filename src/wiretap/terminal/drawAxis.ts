import type { Line } from './Line';
import type { TimeWindow } from './marbleRows';
import { showTime } from './showTime';

/** Columns between two ticks. */
const EVERY = 10;

/** The time axis: a tick for each tenth column, with the time of day, or how far it is from there. */
export function drawAxis({ start, scale, columns }: TimeWindow): Line {
  const tick = EVERY * scale;
  const first = Math.ceil(start / tick) * tick;
  const text = Array<string>(columns).fill(' ');
  const put = (column: number, label: string) => {
    if (column < 0 || column + label.length > columns) return false;
    for (const [i, char] of [...label].entries()) text[column + i] = char;
    return true;
  };
  const origin = (first - start) / scale;
  const clock = `╷${clockTime(first)}`;
  put(Math.round(origin), clock);
  for (let i = 1; i * EVERY + origin < columns; i++) {
    const column = Math.round(origin + i * EVERY);
    // The time of day reaches into the next ticks.
    if (column <= origin + clock.length) continue;
    put(column, `╷+${showTime(i * tick).replace(' ', '')}`) || put(column, '╷');
  }
  return [{ text: text.join(''), style: 'dim' }];
}

/** The time of day, in this machine's zone, to the millisecond. */
function clockTime(time: number): string {
  const date = new Date(Math.floor(time / 1000));
  const two = (value: number) => `${value}`.padStart(2, '0');
  const milliseconds = `${date.getMilliseconds()}`.padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}
