import { useEffect, useRef } from 'preact/hooks';
import { gestures } from './gestures';
import type { Viewer } from './Viewer';

/** The canvas, and what to read where there is nothing to draw. */
export function Timeline({ viewer, onCanvas }: { viewer: Viewer; onCanvas: (canvas: HTMLCanvasElement) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    onCanvas(canvas.current!);
    return gestures(canvas.current!, viewer);
  }, [viewer, onCanvas]);

  const all = viewer.store.byId.size;
  return (
    <main class="timeline">
      <canvas ref={canvas} tabIndex={0} aria-label="Marble diagrams of the connections. Press ? for the keys." />
      {viewer.rows.length === 0 && (
        <div class="empty">
          <strong>{all === 0 ? 'No connection yet' : 'No connection passes the filter'}</strong>
          <span>
            {all === 0 ? 'Connections appear here as soon as a program connects.' : `${all} connections are hidden.`}
          </span>
        </div>
      )}
    </main>
  );
}
