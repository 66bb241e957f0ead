import { render } from 'preact';
import { App } from './App';
import { keys } from './keys';
import { Link } from './Link';
import { Palette } from './Palette';
import { paintRows } from './paintRows';
import { Viewer } from './Viewer';

const root = document.getElementById('page')!;
const html = document.documentElement;

// What was changed since the last frame: the canvas is drawn at most once in each, the rest four times a second, or at once
// after the user did something.
let dirty = true;
let stale = true;
const viewer = new Viewer(new Link(), () => {
  dirty = true;
  stale = true;
});

let canvas: HTMLCanvasElement | undefined;
let palette = new Palette(html);

function setTheme(theme: string): void {
  html.dataset.theme = theme;
  palette = new Palette(html);
  dirty = true;
}

function switchTheme(): void {
  const theme = html.dataset.theme === 'dark' ? 'light' : 'dark';
  store('localStorage', 'theme', theme);
  setTheme(theme);
}

const preferred = matchMedia('(prefers-color-scheme: dark)');
const preference = (): string => recall('localStorage', 'theme') ?? (preferred.matches ? 'dark' : 'light');
preferred.addEventListener('change', () => setTheme(preference()));
setTheme(preference());

function onCanvas(element: HTMLCanvasElement): void {
  canvas = element;
  new ResizeObserver(([entry]) => {
    const { width, height } = entry!.contentRect;
    viewer.resize(width, height);
    element.width = Math.round(width * devicePixelRatio);
    element.height = Math.round(height * devicePixelRatio);
    dirty = true;
    draw();
  }).observe(element);
}

function draw(): void {
  const context = canvas?.getContext('2d', { alpha: false });
  if (context === undefined || context === null) return;
  viewer.sift();
  const { view, layout } = viewer;
  if (view.following) view.from = viewer.now() - view.span * 0.97;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  const brush = { canvas: context, layout, palette, view, finds: undefined, selected: viewer.mark };
  viewer.drawnRows = paintRows(brush, viewer);
  viewer.frames += 1;
}

let counted = { time: performance.now(), frames: 0 };

function frame(time: number): void {
  // While it follows, the picture moves; the page may be asked for its frame rate at any time.
  if (dirty || (viewer.view.following && viewer.rows.length > 0)) {
    dirty = false;
    draw();
  }
  if (time - counted.time >= 1000) {
    viewer.frameRate = Math.round(((viewer.frames - counted.frames) * 1000) / (time - counted.time));
    counted = { time, frames: viewer.frames };
    stale = true;
    Object.assign(html.dataset, { frames: viewer.frames, fps: viewer.frameRate, drawn: viewer.drawnRows });
    store('sessionStorage', 'view', JSON.stringify(viewer.save()));
  }
  if (stale) {
    stale = false;
    renderAll();
  }
  requestAnimationFrame(frame);
}

function renderAll(): void {
  html.dataset.rows = String(viewer.store.byId.size);
  html.dataset.events = String(viewer.store.events);
  render(<App viewer={viewer} onTheme={switchTheme} onCanvas={onCanvas} />, root);
}

addEventListener('keydown', (event) => {
  const { target, key } = event;
  const typing = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing) {
    if (key === 'Escape') target.blur();
    return;
  }
  const onButton = target instanceof HTMLButtonElement && (key === ' ' || key === 'Enter');
  if (!onButton && keys(viewer, key, switchTheme)) event.preventDefault();
});

// Storage may be forbidden.
function store(area: 'localStorage' | 'sessionStorage', name: string, value: string): void {
  try {
    window[area].setItem(`wiretap.${name}`, value);
  } catch {}
}

function recall(area: 'localStorage' | 'sessionStorage', name: string): string | undefined {
  try {
    return window[area].getItem(`wiretap.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

let saved = recall('sessionStorage', 'view');
renderAll();
viewer.link.open(
  () => viewer.store.positions(),
  (message) => {
    viewer.tell(message.now);
    if (message.news.length === 0 && message.gone === undefined) return;
    viewer.store.apply(message);
    if (saved !== undefined && viewer.store.zero !== undefined) {
      viewer.restore(JSON.parse(saved));
      saved = undefined;
    }
    dirty = true;
  },
  (connected) => {
    viewer.connected = connected;
    stale = true;
  },
);
requestAnimationFrame(frame);
