import { draw, summarize } from './draw.js';
import { painter, Screen } from './Screen.js';
import type { Snapshot } from './Snapshot.js';

/** Where snapshots are shown. */
export interface View {
  show(snapshot: Snapshot): void;
  close(): void;
}

/** A dashboard on a terminal, redrawn at once if the size changes; one line for each snapshot anywhere else. */
export function openView(output: NodeJS.WriteStream): View {
  if (!output.isTTY) return { show: (snapshot) => void output.write(`${summarize(snapshot)}\n`), close() {} };

  const screen = new Screen(output);
  const paint = painter(!process.env.NO_COLOR);
  let last: Snapshot | undefined;
  const show = (snapshot: Snapshot) => {
    last = snapshot;
    screen.show(draw(snapshot, screen.size, paint));
  };
  const resized = () => {
    screen.forget();
    if (last !== undefined) show(last);
  };
  output.on('resize', resized);
  return {
    show,
    close() {
      output.off('resize', resized);
      screen.leave();
    },
  };
}
