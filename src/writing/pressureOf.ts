import { distinctUntilChanged, Observable } from 'rxjs';
import type { StreamWriter } from './StreamWriter';
import type { WriterWatcher } from './WriterWatchers';

/** The pressure of a writer: see `StreamWriter.pressure$`. */
export function pressureOf(writer: StreamWriter): Observable<boolean> {
  return new Observable<boolean>((subscriber) => {
    if (writer.gone) {
      subscriber.next(false);
      subscriber.complete();
      return;
    }
    const watcher: WriterWatcher = {
      pressure: (on) => subscriber.next(on),
      gone: () => subscriber.complete(),
    };
    // Before the current value: an observer that writes at once must hear of the pressure that this makes.
    writer.watch(watcher);
    subscriber.add(() => writer.unwatch(watcher));
    subscriber.next(writer.pressured);
  }).pipe(distinctUntilChanged());
}
