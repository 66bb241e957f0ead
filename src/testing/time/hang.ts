import { AssertionError } from 'node:assert';

/** The failure of a run in which nothing more happens. */
export function hang(what: string, report: string): AssertionError {
  return new AssertionError({ message: report === '' ? what : `${what}\n${report}`, operator: 'fail' });
}
