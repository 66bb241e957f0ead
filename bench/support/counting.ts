import type { Observable } from 'rxjs';
import type { Counted } from './serve';

/** Counts the frames of an Observable as they come. */
export function counting(frames$: Observable<{ readonly length: number }>): Promise<Counted> {
  return new Promise((resolve, reject) => {
    let frames = 0;
    let length = 0;
    frames$.subscribe({
      next: (frame) => {
        frames++;
        length += frame.length;
      },
      error: reject,
      complete: () => resolve({ frames, length }),
    });
  });
}
