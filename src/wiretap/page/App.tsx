import { Details } from './Details';
import { Footer } from './Footer';
import { Header } from './Header';
import { Help } from './Help';
import { Timeline } from './Timeline';
import type { Viewer } from './Viewer';

/** What the page consists of. */
export interface AppProps {
  readonly viewer: Viewer;
  readonly onTheme: () => void;
  readonly onCanvas: (canvas: HTMLCanvasElement) => void;
}

/** The whole page. */
export function App({ viewer, onTheme, onCanvas }: AppProps) {
  return (
    <div class="app">
      <Header viewer={viewer} onTheme={onTheme} />
      <Timeline viewer={viewer} onCanvas={onCanvas} />
      <Details viewer={viewer} />
      <Footer viewer={viewer} />
      {viewer.help && <Help viewer={viewer} />}
    </div>
  );
}
