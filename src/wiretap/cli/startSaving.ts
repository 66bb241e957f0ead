import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { printJsonLines } from '../print/printJsonLines';
import { BoundedOutput } from './BoundedOutput';
import type { CommandIo } from './CommandIo';
import { describeError } from './describeError';
import { EventWriter } from './EventWriter';
import { openFile } from './openFile';
import type { TapList } from './TapList';

/** How much of a saved log may wait for a slow disk, in bytes. */
const MOST_UNSAVED = 8 * 1024 * 1024;

/** Writes all events of all connections to a file. Returns the function that ends that. */
export async function startSaving(file: string, taps: TapList, io: CommandIo): Promise<() => Promise<void>> {
  const stream: Writable = await openFile(resolve(io.folder, file), file);
  const output = new BoundedOutput(stream, MOST_UNSAVED);
  const writer = new EventWriter(output, (event) => printJsonLines([event]));
  void output.failed.then((error) => {
    io.stderr.write(`Cannot write ${file}: ${describeError(error)}. Nothing more is saved.\n`);
  });
  taps.saveBy((event) => writer.write(event));
  return async () => {
    writer.finish();
    await output.flush();
    await new Promise<void>((closed) => {
      stream.once('close', closed);
      stream.destroy();
    });
  };
}
