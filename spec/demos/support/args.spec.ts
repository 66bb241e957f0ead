// Proves that every demo refuses wrong arguments before it opens anything, and that the command line says so.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../demos/support/args';
import { run } from '../../../demos/support/run';
import type { DemoMain } from '../describeDemo';

const root = join(__dirname, '../../..');
const mainOf = (name: string) => (require(`../../../demos/${name}`) as { main: DemoMain }).main;

const WRONG: [command: string, message: string][] = [
  ['chatServer 70000', "Cannot use '70000' as port: it must be an integer from 0 to 65535"],
  ['chatServer 0 more', "Cannot use 'more': too many arguments"],
  ['echoClient 0', "Cannot use '0' as port: it must be an integer from 1 to 65535"],
  ['echoClient 1 localhost and more', "Cannot use 'and more': too many arguments"],
  ['echoServer --port', "Cannot use '--port' as port: it must be an integer from 0 to 65535"],
  ['echoServer 0 fast', "Cannot use 'fast' as shape: it must be asyncio or reactive"],
  ['echoServer 0 reactive more', "Cannot use 'more': too many arguments"],
  ['httpClient https://localhost/', "Cannot use 'https://localhost/' as URL: it must begin with http://"],
  ['httpClient http://localhost/ more', "Cannot use 'more': too many arguments"],
  ['httpHeaders localhost', "Cannot use 'localhost' as URL: it must begin with http:// or https://"],
  ['httpHeaders http://localhost/ more', "Cannot use 'more': too many arguments"],
  ['mqttClient mqtt', "Cannot use 'mqtt' as port: it must be an integer from 1 to 65535"],
  ['mqttClient 1 localhost more', "Cannot use 'more': too many arguments"],
  ['portForwarder 1', "Cannot forward port 1: the target's host and port are missing"],
  ['portForwarder 1 localhost', 'Cannot forward port 1 to localhost: its port is missing'],
  ['portForwarder 0 localhost 80.5', "Cannot use '80.5' as port: it must be an integer from 1 to 65535"],
  ['portForwarder 0 localhost 80 more', "Cannot use 'more': too many arguments"],
  ['postgresClient pg', "Cannot use 'pg' as port: it must be an integer from 1 to 65535"],
  ['postgresClient 1 user secret more', "Cannot use 'more': too many arguments"],
  ['redisClient redis', "Cannot use 'redis' as port: it must be an integer from 1 to 65535"],
  ['redisClient 1 localhost more', "Cannot use 'more': too many arguments"],
  ['smtpClient -25', "Cannot use '-25' as port: it must be an integer from 1 to 65535"],
  ['smtpClient 1 localhost more', "Cannot use 'more': too many arguments"],
  ['tour much', "Cannot use 'much' as MiB: it must be an integer from 1 to 1000000"],
  ['tour 1 more', "Cannot use 'more': too many arguments"],
  ['waitForData now', "Cannot use 'now': too many arguments"],
];

describe('parsing of demo arguments', () => {
  it.each(WRONG)('fails: %s', async (command, message) => {
    const [name = '', ...args] = command.split(' ');
    const printed: string[] = [];
    const error = await mainOf(name)((line) => printed.push(line), ...args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message });
    expect(printed).toEqual([]);
  });

  it('is used by every demo', () => {
    const demos = readdirSync(join(root, 'demos')).filter((name) => name.endsWith('.ts'));
    const checked = new Set(WRONG.map(([command]) => `${command.split(' ')[0]}.ts`));
    expect([...checked].sort()).toEqual(demos.sort());
  });
});

describe('a demo process', () => {
  const complain = jest.spyOn(console, 'error');

  beforeEach(() => complain.mockReset());
  afterEach(() => {
    process.exitCode = undefined;
  });
  afterAll(() => complain.mockRestore());

  it('ends with exit code 2 and a hint when an argument is invalid', async () => {
    await run(mainOf('portForwarder'), ['node', '/build/portForwarder.js', '1']);
    expect(process.exitCode).toBe(2);
    expect(complain.mock.calls).toEqual([
      ["Cannot forward port 1: the target's host and port are missing\nnpm run demo -- portForwarder --help"],
    ]);
  });

  it('ends with exit code 1 and one line when the demo fails', async () => {
    await run(() => Promise.reject(new Error('of the demo')), ['node', '/build/demo.js']);
    expect(process.exitCode).toBe(1);
    expect(complain.mock.calls).toEqual([['Error: of the demo']]);
  });
});

describe('npm run demo', () => {
  const demo = (...args: string[]) => {
    const command = [join(root, 'scripts/demo.js'), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 10_000 });
    return { status, stdout, stderr };
  };
  const names = readdirSync(join(root, 'demos')).flatMap((name) => /(.*)\.ts$/.exec(name)?.[1] ?? []);

  it('--help lists the demos', () => {
    const { status, stdout } = demo('--help');
    expect(status).toBe(0);
    expect(stdout.split('\n').flatMap((line) => /^ {2}(\w+) +\S/.exec(line)?.[1] ?? [])).toEqual(names.sort());
  });

  it.each(names)('%s --help prints what it takes, without the example output', (name) => {
    const { status, stdout } = demo(name, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('npm run demo');
    expect(stdout).not.toContain('It prints');
  });

  it.each([
    [['noSuchDemo'], 'Cannot run the demo noSuchDemo: no demo has this name'],
    [['--all', 'tour'], 'Cannot run all demos with tour: --all takes no argument'],
  ])('%j fails with exit code 2', (args, message) => {
    const { status, stdout, stderr } = demo(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.split('\n')[0]).toBe(message);
  });
});
