import * as ts from 'typescript';
import type { Connection } from '../../src';
import * as testing from '../../src/testing';

/**
 * Runs the source of a test that a wiretap has printed, as a test runner does: compiled, with its imports.
 *
 * @param made - Gets the connection of the code under test.
 */
export async function runTestSource(source: string, made: (connection: Connection) => void = () => {}): Promise<void> {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const kit: Partial<typeof testing> = {
    ...testing,
    runMarbles: (test) =>
      testing.runMarbles((helpers) => {
        const connection: typeof helpers.connection = (...args) => {
          const near = helpers.connection(...args);
          made(near);
          return near;
        };
        return test({ ...helpers, connection });
      }),
    scriptedPeer: (options) => {
      const peer = testing.scriptedPeer(options);
      // A test that fails before it awaits `done` need not report it twice.
      peer.done.catch(() => {});
      const { connect } = peer;
      peer.connect = (...args) => {
        const near = connect.apply(peer, args);
        made(near);
        return near;
      };
      return peer;
    },
  };
  const tests: (() => unknown)[] = [];
  const load = (name: string) => {
    if (name !== 'rxjs-tcp/testing') throw new Error(`Cannot load ${name}: a printed test needs the kit alone`);
    return kit;
  };
  const program = new Function('require', 'exports', 'test', 'expect', outputText);
  program(load, {}, (_name: string, body: () => unknown) => tests.push(body), expect);
  expect(tests).toHaveLength(1);
  for (const test of tests) await test();
}
