/** Lines, as fast as they come: the reads of this library and of others, next to the loop that everyone writes by hand. */
import { lines, readLine } from 'rxjs-tcp';
import { counting } from '../support/counting';
import { peer } from '../support/peerModule';
import { overConnection, overNet } from '../support/serve';
import { streamCase } from '../support/streamCase';
import type { Workload } from '../support/Workload';
import { buffersByHand, stringsByHand } from './byHand/lines';

const FLOOR = 'net by hand';

export const workload: Workload = {
  name: 'lines',
  title: 'lines',
  cases: [
    streamCase({
      id: '64/Buffers',
      title: 'lines of 64 bytes, Buffers',
      spec: { kind: 'lines', size: 64, text: 'ascii' },
      as: 'bytes',
      floor: FLOOR,
      contenders: {
        [FLOOR]: overNet(buffersByHand),
        'rxjs-tcp readLine()': overConnection(({ reader }) => counting(reader.pipe(readLine()))),
      },
    }),
    streamCase({
      id: '64/strings',
      title: 'lines of 64 bytes, strings',
      spec: { kind: 'lines', size: 64, text: 'ascii' },
      as: 'text',
      floor: FLOOR,
      contenders: {
        [FLOOR]: overNet(stringsByHand),
        'rxjs-tcp lines()': overConnection(({ reader }) => counting(reader.pipe(lines()))),
        split2: peer('split2', 'lines'),
      },
    }),
  ],
};
