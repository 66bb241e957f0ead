import { join } from 'node:path';
import * as ts from 'typescript';
import { builtPackage } from './builtPackage';

// A user sees the declarations of the package: each type of ours that they name must be exported.

describe('the declarations of the package', () => {
  const dist = join(builtPackage(), 'dist').replaceAll('\\', '/');
  const entries = [`${dist}/index.d.ts`, `${dist}/testing/index.d.ts`, `${dist}/wiretap/index.d.ts`];
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.Node16,
    target: ts.ScriptTarget.ES2022,
    types: ['node'],
  });
  const checker = program.getTypeChecker();
  const exported = new Set(entries.flatMap(exportsOf));

  function exportsOf(entry: string): ts.Symbol[] {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
    return checker.getExportsOfModule(module).map(original);
  }

  function original(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  /** Names of options that are left out of Node's: not a type that a user would import. */
  function isListOfNames(symbol: ts.Symbol): boolean {
    if (!(symbol.flags & ts.SymbolFlags.TypeAlias)) return false;
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    return type.isUnion() && type.types.every((one) => one.isStringLiteral());
  }

  function isHidden(symbol: ts.Symbol): boolean {
    if (exported.has(symbol) || symbol.flags & ts.SymbolFlags.TypeParameter || isListOfNames(symbol)) return false;
    return symbol.declarations?.some((at) => at.getSourceFile().fileName.startsWith(dist)) ?? false;
  }

  /** The types that a declaration names, without those of private members. */
  function* named(node: ts.Node): Generator<ts.Symbol> {
    if (ts.canHaveModifiers(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) return;
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isTypeQueryNode(node)
        ? node.exprName
        : // A class of ours above a public one is a part of it, which no program has to name.
          ts.isExpressionWithTypeArguments(node) && !ts.isClassDeclaration(node.parent.parent)
          ? node.expression
          : undefined;
    const symbol = name && checker.getSymbolAtLocation(name);
    if (symbol !== undefined) yield original(symbol);
    for (const child of node.getChildren()) yield* named(child);
  }

  it('use only exported types', () => {
    const found = new Set<string>();
    for (const symbol of exported) {
      for (const declaration of symbol.declarations ?? []) {
        for (const type of named(declaration)) if (isHidden(type)) found.add(`${symbol.name}: ${type.name}`);
      }
    }
    expect(exported.size).toBeGreaterThan(50);
    expect([...found]).toEqual([]);
  });
});
