import type { Viewer } from './Viewer';

/** What a key does. Returns false for a key that does nothing. */
export function keys(viewer: Viewer, key: string, onTheme: () => void): boolean {
  const { view } = viewer;
  const actions: Record<string, () => unknown> = {
    ' ': () => viewer.follow(!view.following),
    '+': () => viewer.zoom(0.5),
    '=': () => viewer.zoom(0.5),
    '-': () => viewer.zoom(2),
    a: () => view.pan(-0.2),
    s: () => view.pan(0.2),
    ArrowUp: () => viewer.stepRow(-1),
    ArrowDown: () => viewer.stepRow(1),
    ArrowLeft: () => viewer.step(-1),
    ArrowRight: () => viewer.step(1),
    Home: () => viewer.step(-Infinity),
    End: () => viewer.step(Infinity),
    f: () => viewer.fit(),
    z: () => viewer.fit(viewer.row),
    '[': () => viewer.stretchTo('from'),
    ']': () => viewer.stretchTo('to'),
    t: () => viewer.copyTest('marbles'),
    w: () => viewer.show('waterfall'),
    e: () => viewer.show('events'),
    m: () => viewer.show('marble'),
    '/': () => focus('search'),
    g: () => focus('filter'),
    n: () => viewer.find(1),
    N: () => viewer.find(-1),
    c: () => viewer.resize(viewer.layout.width, viewer.layout.height, !viewer.compact),
    d: onTheme,
    '?': () => viewer.showHelp(!viewer.help),
    Escape: () => viewer.escape(),
  };
  const action = actions[key];
  if (action === undefined) return false;
  action();
  viewer.changed();
  return true;
}

function focus(id: string): void {
  document.getElementById(id)?.focus();
}
