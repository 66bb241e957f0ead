import type { Row } from './Row';

/**
 * What a row must have to be shown: every word of the filter, in its number, its address or its state: `open`, `closed`, `reset`,
 * `tls`, `held` for one that is held now. A word with a minus before it must be absent.
 */
export function matcher(filter: string): (row: Row) => boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return () => true;
  return (row) => {
    const text = textOf(row);
    const has = (word: string) => (/^#\d+$/.test(word) ? word === `#${row.id}` : text.includes(word));
    return words.every((word) => (word.length > 1 && word.startsWith('-') ? !has(word.slice(1)) : has(word)));
  };
}

function textOf({ id, client, target, state, secure, held, pressure }: Row): string {
  const isHeld = [...held.slice(-1), ...pressure.slice(-1)].some(({ to }) => to === undefined);
  return `#${id} ${client} ${target} ${state} ${secure ? 'tls' : ''} ${isHeld ? 'held' : ''}`.toLowerCase();
}
