// Proves that the printed tests are right as they are, fail for other code, and say what is missing. That replays are the same as what
// happened is in spec/scenarios/wiretapReplays.spec.ts.
import { connectionPair } from '../../../src';
import { wiretap } from '../../../src/wiretap';
import { printTest } from '../../../src/wiretap/print/printTest';
import { runTestSource } from '../../support/runTestSource';

describe('printTest', () => {
  const ask = async (options = {}) => {
    const [near, far] = connectionPair();
    const tap = wiretap(near, options);
    near.writer.write('PING\r\n');
    await far.reader.readLine();
    far.writer.write(Buffer.from([0, 1, 2, 255]));
    await near.reader.readExactly(4);
    near.writer.writeEof();
    far.writer.writeEof();
    await near.closed;
    return tap;
  };

  it('prints a script, and lines that do what the program did', async () => {
    const source = (await ask()).toTest('script');
    expect(source).toBe(`import { hex, scriptedPeer } from 'rxjs-tcp/testing';

test('a recorded conversation', async () => {
  const peer = scriptedPeer()
    .receives('PING\\r\\n')
    .sends(hex\`00 01 02 ff\`)
    .receivesFin()
    .fin();
  const connection = peer.connect();
  // Your code comes here, instead of these lines: they do what the program did.
  connection.writer.write('PING\\r\\n');
  expect(await connection.reader.readExactly(4)).toEqual(Buffer.from(hex\`00 01 02 ff\`));
  connection.writer.writeEof();
  expect(await connection.reader.readAll()).toHaveLength(0);
  await connection.close();
  await peer.done;
});
`);
    await runTestSource(source);
  });

  it('prints marbles', async () => {
    const source = (await ask()).toTest('marbles');
    expect(source).toMatch(/^import \{ hex, runMarbles \} from 'rxjs-tcp\/testing';\n/);
    expect(source).toContain("'PING\\r\\n'");
    await runTestSource(source);
  });

  it.each(['script', 'marbles'] as const)(
    'prints a test by %s that fails for code that writes something else',
    async (as) => {
      const source = (await ask()).toTest(as);
      const other =
        as === 'script'
          ? source.replace("write('PING", "write('PONG")
          : source.replace('cold(written, values)', "cold(written.replace(/[a-z]/, 'x'), values)");
      expect(other).not.toBe(source);
      await expect(runTestSource(other)).rejects.toThrow();
    },
  );

  it.each(['script', 'marbles'] as const)('says by %s if bytes are missing', async (as) => {
    expect((await ask()).toTest(as)).not.toContain('missing');
    expect((await ask({ capture: 3 })).toTest(as)).toContain('// Bytes are missing');
    expect(printTest([{ seq: 1, time: 0, connection: 1, kind: 'gap', bytes: 3 }], as)).toContain(
      '// Bytes are missing',
    );
  });

  it('refuses any other kind of test', async () => {
    const tap = await ask();
    expect(() => tap.toTest('video' as never)).toThrow(
      "Cannot print a test as video: it must be 'marbles' or 'script'",
    );
  });
});
