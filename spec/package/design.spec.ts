import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import * as ts from 'typescript';

// docs/design.md describes src/: members that exist, and every flag of the two state machines.

const root = resolve(__dirname, '../..');
const design = readFileSync(join(root, 'docs/design.md'), 'utf8');
const sources = new Map(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [basename(path, '.ts'), readFileSync(join(root, 'src', path), 'utf8')]),
);

describe('docs/design.md', () => {
  it('names members that exist', () => {
    const named = [...design.matchAll(/\b([A-Z]\w+)\.(?!ts\b)([a-z]\w+)\b/g)].filter(([, owner]) =>
      sources.has(owner!),
    );
    expect(named.length).toBeGreaterThan(30);
    const gone = named.filter(([, owner, member]) => !membersOf(owner!).includes(member!));
    expect(gone.map(([name]) => name)).toEqual([]);
  });

  it('names files that exist', () => {
    const paths = Array.from(design.matchAll(/`(?:\w+\/)+(\w+)(?:\.spec)?\.ts`/g), ([, name]) => name!);
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((name) => !sources.has(name) && name !== 'layers')).toEqual([]);
  });

  it.each([
    ['The read loop', 'ReadLoop'],
    ['The connection', 'Connection'],
  ])('%s: its table has every flag of %s', (heading, owner) => {
    const section = design.slice(design.indexOf(`\n## ${heading}\n`)).split('\n## ')[1]!;
    const rows = Array.from(section.matchAll(/^\| (`[^|]*`) \|/gm), ([, names]) =>
      names!.replaceAll('`', '').split(', '),
    );
    expect(rows.flat().filter((name) => !membersOf(owner).includes(name))).toEqual([]);
    expect(flagsOf(owner).filter((name) => !rows.flat().includes(name))).toEqual([]);
  });
});

/** The members of the classes and interfaces of a file, with the properties among parameters and inherited members. */
function membersOf(name: string): string[] {
  return [...baseOf(name).flatMap(membersOf), ...ownMembersOf(name)];
}

/** The base class, if it is ours, of the class of a file. */
function baseOf(name: string): string[] {
  return declarationsOf(name)
    .filter((declaration) => ts.isClassDeclaration(declaration) && declaration.name?.text === name)
    .flatMap(({ heritageClauses = [] }) => [...heritageClauses])
    .filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
    .flatMap(({ types }) => types.map(({ expression }) => expression.getText()))
    .filter((base) => sources.has(base));
}

function ownMembersOf(name: string): string[] {
  return declarationsOf(name).flatMap((declaration) =>
    [...declaration.members].flatMap((member) => {
      if (ts.isConstructorDeclaration(member)) return member.parameters.map((parameter) => parameter.name.getText());
      return member.name === undefined ? [] : [member.name.getText()];
    }),
  );
}

/** The state: the properties of the class that are not readonly. */
function flagsOf(name: string): string[] {
  return [...baseOf(name).flatMap(flagsOf), ...ownFlagsOf(name)];
}

function ownFlagsOf(name: string): string[] {
  return declarationsOf(name)
    .filter((declaration) => declaration.name?.text === name)
    .flatMap((declaration) => [...declaration.members] as (ts.ClassElement | ts.TypeElement)[])
    .filter(ts.isPropertyDeclaration)
    .filter(({ modifiers }) => !modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword))
    .map((property) => property.name.getText());
}

function declarationsOf(name: string): (ts.ClassDeclaration | ts.InterfaceDeclaration)[] {
  const file = ts.createSourceFile(`${name}.ts`, sources.get(name)!, ts.ScriptTarget.ES2022, true);
  return file.statements.filter(
    (statement) => ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement),
  );
}
