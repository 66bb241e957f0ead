import { hasText } from './hasText';
import type { ViewConnection } from './ViewState';

/** An event, by its connection and its number. */
export interface EventPlace {
  readonly connection: number;
  readonly seq: number;
}

/**
 * The next event whose bytes have a text, behind a place, or before it; at the end the search goes on from the beginning.
 *
 * @param step - 1 searches forwards, -1 backwards.
 */
export function findEvent(
  connections: readonly ViewConnection[],
  text: string,
  from: Partial<EventPlace>,
  step: 1 | -1,
): EventPlace | undefined {
  const wanted = text.toLowerCase();
  if (wanted === '') return undefined;
  const found = connections.flatMap(({ id, events }) =>
    events.filter((event) => hasText(event, wanted)).map(({ seq }) => ({ connection: id, seq })),
  );
  const order = connections.map(({ id }) => id);
  const place = ({ connection, seq = -1 }: Partial<EventPlace>) => [order.indexOf(connection ?? -1), seq] as const;
  const [at, seq] = place(from);
  const isBehind = (one: EventPlace) => {
    const [connection, number] = place(one);
    return step * (connection - at || number - seq) > 0;
  };
  const all = step === 1 ? found : found.reverse();
  return all.find(isBehind) ?? all[0];
}
