/** The longest line, in characters: a log and a terminal show it whole. */
const MAX_LENGTH = 200;

/** One line of at most 200 characters: `Name { part, part }`. Parts that are `undefined` or false are left out. */
export function showLine(name: string, parts: readonly (string | false | undefined)[]): string {
  const shown = parts.filter((part) => part !== undefined && part !== false).join(', ');
  const line = `${name} { ${shown} }`;
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 3)}… }` : line;
}
