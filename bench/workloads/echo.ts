/** Echo of lines that come as fast as the driver can send: reading, and many small writes. */
import { echoes, FLOOR } from '../support/echoes';
import { streamCase } from '../support/streamCase';
import type { Workload } from '../support/Workload';

export const workload: Workload = {
  name: 'echo',
  title: 'Echo of pipelined lines',
  cases: [
    streamCase({
      id: 'pipelined',
      title: 'echo of lines of 64 bytes, pipelined',
      stream: { spec: { kind: 'lines', size: 64, text: 'ascii' }, as: 'bytes', echo: true },
      floor: FLOOR,
      contenders: echoes,
      main: ['rxjs-tcp readLine(), writeTo()', 'naive RxJS'],
    }),
  ],
};
