import { showInLine } from './showInLine';

/** Two values that differ, each in one line; with what kind of value each is, if the lines do not show the difference. */
export function showKinds(one: unknown, other: unknown): [string, string] {
  const shown = [showInLine(one), showInLine(other)] as const;
  if (shown[0] !== shown[1]) return [...shown];
  const kinds = [kindOf(one), kindOf(other)] as const;
  if (kinds[0] === kinds[1]) return [shown[0], `${shown[1]} (it has other parts)`];
  return [`${shown[0]} (${kinds[0]})`, `${shown[1]} (${kinds[1]})`];
}

/** `string`, `Buffer`, `Uint8Array`, `Frame`: what a value is called by. */
function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  const { constructor: type } = value as { constructor?: unknown };
  return typeof type === 'function' && type.name !== '' ? type.name : 'object';
}
