import type { Upstream } from './Upstream';

/** A source that also tells when it is paused and resumed, before it is. */
export function watchUpstream(source: Upstream, watcher: { pause?(): void; resume(): void }): Upstream {
  return {
    ...(source.live && { live: true }),
    pause: () => {
      watcher.pause?.();
      source.pause();
    },
    resume: () => {
      watcher.resume();
      source.resume();
    },
    nextTurn: (task, awaited) => source.nextTurn?.(task, awaited) ?? false,
    ...(source.defer !== undefined && { defer: (task: () => void) => source.defer?.(task) }),
  };
}
