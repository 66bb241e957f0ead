// Proves that the line of the program is found in stacks as each runner and each kind of source map prints them.
import { placeIn } from '../../src/testing/placeIn';

const stack = (...lines: string[]) => ['Error', ...lines.map((line) => `    at ${line}`)].join('\n');

describe('placeIn', () => {
  const installed = '/app/node_modules/rxjs-tcp';
  const rxjs = '/app/node_modules/rxjs/dist/cjs/internal';

  it.each<[string, string[], string | undefined]>([
    [
      'compiled files',
      [
        `placeHere (${installed}/dist/testing/placeHere.js:9:1)`,
        `Suspicions.note (${installed}/dist/testing/decoders/Suspicions.js:5:1)`,
        'answer (/app/server.js:12:5)',
        'talk (/app/test.js:3:5)',
      ],
      'at answer (/app/server.js:12:5)',
    ],
    [
      'a bundle',
      [
        `placeHere (${installed}/dist/testing/index.js:9:1)`,
        `StreamWriter.write (${installed}/dist/core.js:800:1)`,
        `OperatorSubscriber._next (${rxjs}/operators/map.js:10:37)`,
        'Object.next (/app/server.js:12:5)',
      ],
      'at Object.next (/app/server.js:12:5)',
    ],
    [
      'source maps, in which functions are called <anonymous>',
      [
        `placeHere (${installed}/src/testing/placeHere.ts:9:1)`,
        `StreamWriter.write (${installed}/src/writing/StreamWriter.ts:800:1)`,
        '<anonymous> (/app/server.ts:12:5)',
      ],
      'at <anonymous> (/app/server.ts:12:5)',
    ],
    [
      'ES modules, with lines that have no function',
      [
        `placeHere (file://${installed}/dist/testing/index.mjs:9:1)`,
        `next (file:///app/node_modules/.pnpm/rxjs@7.8.2/node_modules/rxjs/dist/esm/internal/Subscriber.js:1:1)`,
        'file:///app/my%20tests/server.mjs:12:5',
      ],
      'at file:///app/my%20tests/server.mjs:12:5',
    ],
    [
      'paths of Windows, with brackets',
      [
        'placeHere (C:\\app (copy)\\node_modules\\rxjs-tcp\\dist\\testing\\index.js:9:1)',
        'next (C:\\app (copy)\\node_modules\\rxjs\\dist\\cjs\\internal\\Subscriber.js:1:1)',
        'new Server (C:\\app (copy)\\src\\testing\\server.js:12:5)',
      ],
      'at new Server (C:\\app (copy)\\src\\testing\\server.js:12:5)',
    ],
    [
      'a function that has awaited',
      [
        `placeHere (${installed}/dist/testing/index.js:9:1)`,
        `async Connection.close (${installed}/dist/core.js:10:3)`,
        'async Promise.all (index 0)',
        'async answer (/app/server.js:12:5)',
      ],
      'at async answer (/app/server.js:12:5)',
    ],
    [
      'what has no file, what Node runs, and code that is evaluated',
      [
        `placeHere (${installed}/dist/testing/placeHere.js:9:1)`,
        'Array.map (<anonymous>)',
        'new Promise (<anonymous>)',
        'listOnTimeout (node:internal/timers:569:17)',
        'eval (eval at run (/app/run.js:1:1), <anonymous>:1:1)',
        'run (/app/run.js:1:1)',
      ],
      'at run (/app/run.js:1:1)',
    ],
    [
      'nothing of the program within the simulation',
      [
        `placeHere (${installed}/dist/testing/placeHere.js:9:1)`,
        `simulateOnce (${installed}/dist/testing/faults/simulateOnce.js:5:1)`,
        'Object.test (/app/test.js:3:5)',
      ],
      undefined,
    ],
    [
      'nothing of the program within a simulation that awaits',
      [
        `placeHere (${installed}/src/testing/placeHere.ts:9:1)`,
        `async simulateOnce (${installed}/src/testing/faults/simulateOnce.ts:5:1)`,
        'async Object.test (/app/test.js:3:5)',
      ],
      undefined,
    ],
    [
      'nothing of the program within a simulation, with source maps that rename functions',
      [
        `placeHere (${installed}/src/testing/placeHere.ts:9:1)`,
        `run (${installed}/src/testing/faults/simulateOnce.ts:75:22)`,
        `attempt (${installed}/src/testing/faults/simulateOnce.ts:42:19)`,
        'Object.simulate (/app/test.js:3:5)',
      ],
      undefined,
    ],
    ['nothing at all', [], undefined],
  ])('finds it in %s', (_, lines, place) => expect(placeIn(stack(...lines))).toBe(place));

  it('takes the folders of the program for the program, whatever they are called', () => {
    const lines = [`placeHere (${installed}/dist/testing/index.js:9:1)`, 'talk (/app/src/testing/index.js:3:5)'];
    expect(placeIn(stack(...lines))).toBe('at talk (/app/src/testing/index.js:3:5)');
  });
});
