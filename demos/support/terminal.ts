/**
 * How the tour looks: numbered scenes, labels in one column, and a bar that is redrawn in place.
 *
 * Colours and redrawing are for a terminal; anywhere else it is plain lines, and a bar is four of them.
 */
export interface Terminal {
  /** A line of text on its own. */
  title(text: string): void;
  /** A numbered scene: its name, one sentence about what you see, and the code that does it. */
  scene(name: string, sentence: string, code: readonly string[]): void;
  /** A fact: a label and a text. */
  row(label: string, text: string): void;
  /** A fact that the scene was for. */
  result(label: string, text: string): void;
  /** A bar, empty at first: each call draws it anew with the share that is done, 0 to 1; at 1 it is finished. */
  bar(label: string): (share: number, text: string) => void;
}

const LABEL = 11;
const BAR = 28;
const INDENT = '   ';

/** @param log - Where the lines go. */
export function terminal(log: (line: string) => void): Terminal {
  const live = log === console.log && process.stdout.isTTY === true;
  const coloured = live && process.env.NO_COLOR === undefined;
  const paint = (code: number) => (text: string) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
  const [bold, dim, green, cyan] = [paint(1), paint(2), paint(32), paint(36)];
  let scenes = 0;

  const line = (label: string, text: string) => `${INDENT}${cyan(label.padEnd(LABEL))} ${text}`;

  return {
    title: (text) => log(bold(text)),
    scene(name, sentence, code) {
      scenes++;
      log('');
      log(`${bold(`${scenes}  ${name}`)}`);
      log(`${INDENT}${sentence}`);
      log('');
      for (const text of code) log(`${INDENT}    ${dim(text)}`);
      log('');
    },
    row: (label, text) => log(line(label, text)),
    result: (label, text) => log(line(label, green(text))),
    bar(label) {
      let quarters = 0;
      return (share, text) => {
        const full = Math.round(share * BAR);
        const drawn = line(label, `${green('█'.repeat(full))}${dim('░'.repeat(BAR - full))}  ${text}`);
        if (live) {
          process.stdout.write(`\r${drawn}\x1b[K${share < 1 ? '' : '\n'}`);
        } else if (share * 4 >= quarters + 1) {
          quarters = Math.floor(share * 4);
          log(drawn);
        }
      };
    },
  };
}
