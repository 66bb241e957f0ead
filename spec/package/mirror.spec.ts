import { readdirSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

// The specs of a room are in the same place as its files: spec/net/Server.spec.ts tests src/net/Server.ts. A large subject
// may have several, with a part after its name: StreamReader.cancel.spec.ts. These folders have specs of other things.

const OTHERS = ['bench/', 'demos/', 'package/', 'scenarios/', 'support/', 'testing/planted/'];

const root = resolve(__dirname, '../..');

describe('spec/', () => {
  it('has no spec without its file in src/', () => {
    const specs = filesIn('spec');
    expect(specs).toContain('net/Server.spec.ts');
    expect(strays(specs, filesIn('src'))).toEqual([]);
  });
});

describe('a spec without a file', () => {
  const sources = ['errors.ts', 'net/Server.ts', 'reading/StreamReader.ts'];

  it.each([
    ['in the room itself', 'net/Client.spec.ts'],
    ['in another room', 'reading/Server.spec.ts'],
    ['at the top', 'Server.spec.ts'],
    ['for a part', 'reading/Reader.cancel.spec.ts'],
    ['in a folder without a room', 'odds/Server.spec.ts'],
  ])('is found: %s', (_, spec) => expect(strays([spec], sources)).toEqual([spec]));

  it('is not one with a file, one for a part of a file, or a scenario', () => {
    const specs = ['errors.spec.ts', 'net/Server.spec.ts', 'reading/StreamReader.cancel.spec.ts'];
    expect(strays([...specs, 'scenarios/endings.spec.ts', 'support/until.ts'], sources)).toEqual([]);
  });
});

/** The paths of the files in a folder, from there, with `/` between folders. */
function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
    path.split(sep).join('/'),
  );
}

function strays(specs: readonly string[], sources: readonly string[]): string[] {
  const subjects = new Set(sources);
  return specs.filter((spec) => {
    const subject = /^(.+)\.spec\.ts$/.exec(spec)?.[1];
    if (subject === undefined || OTHERS.some((folder) => spec.startsWith(folder))) return false;
    return !subjects.has(`${subject}.ts`) && !subjects.has(`${subject.replace(/\.\w+$/, '')}.ts`);
  });
}
