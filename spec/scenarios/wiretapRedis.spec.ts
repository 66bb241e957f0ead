// Proves that a test that is copied from a live session with a Redis server passes, and that its capture shows the session.
import { openConnection } from '../../src';
import { wiretap } from '../../src/wiretap';
import { describeWith, freePort, host, startListening } from '../support/realPrograms';
import { hasProgram, type Run } from '../support/run';
import { runTestSource } from '../support/runTestSource';

describeWith('redis-server', hasProgram('redis-server', ['--version']))('a tap on a session with redis-server', () => {
  let server: Run;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    const args = ['--port', `${port}`, '--bind', host, '--save', '', '--appendonly', 'no'];
    server = await startListening(port, 'redis-server', ...args);
  }, 30_000);
  afterAll(() => server?.stop());

  it.each(['script', 'marbles'] as const)('prints a test by %s that passes', async (as) => {
    const connection = await openConnection({ host, port });
    const tap = wiretap(connection);
    const { reader, writer } = connection;
    const say = async (command: string, lines: number) => {
      writer.write(`${command}\r\n`);
      const answer: string[] = [];
      for (let i = 0; i < lines; i++) answer.push(`${await reader.readLine()}`);
      return answer.join('');
    };
    expect(await say('PING', 1)).toBe('+PONG\r\n');
    expect(await say('SET key é\u2028', 1)).toBe('+OK\r\n');
    expect(await say('GET key', 2)).toBe('$5\r\né\u2028\r\n');
    expect(await say('NONSENSE', 1)).toMatch(/^-ERR/);
    expect(await say('QUIT', 1)).toBe('+OK\r\n');
    expect(await reader.readAll()).toHaveLength(0);
    await connection.close();
    const source = tap.toTest(as);
    expect(source).toContain("'+PONG\\r\\n'");
    expect(source).not.toContain('missing');
    await runTestSource(source);
    expect(`${tap}`).toContain("'GET key\\r\\n'");
  });
});
