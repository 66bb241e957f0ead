import type { PageEvent, PageMessage } from '../ui/PageMessage';

/** Milliseconds before the page asks again for a stream that was lost. */
const AGAIN = 700;

/** The way to the server: the stream of news, and what the page asks for. Addresses are relative: they have the token. */
export class Link {
  private source: EventSource | undefined;

  /**
   * Reads the stream, and goes on where it was when it breaks.
   *
   * @param positions - The next event of each connection.
   */
  open(
    positions: () => string,
    onMessage: (message: PageMessage) => void,
    onState: (connected: boolean) => void,
  ): void {
    const source = new EventSource(`stream?since=${positions()}`);
    this.source = source;
    source.onopen = () => onState(true);
    source.onmessage = ({ data }) => onMessage(JSON.parse(data));
    source.onerror = () => {
      source.close();
      onState(false);
      setTimeout(() => this.source === source && this.open(positions, onMessage, onState), AGAIN);
    };
  }

  async events(id: number, from: number, to: number): Promise<PageEvent[]> {
    return JSON.parse(await this.text(`events/${id}?from=${from}&to=${to}`));
  }

  /** The numbers of the connections and events that have a text in their bytes. */
  async find(text: string): Promise<[connection: number, seq: number][]> {
    return JSON.parse(await this.text(`find?text=${encodeURIComponent(text)}`));
  }

  test(id: number, as: 'marbles' | 'script', range?: { from: number; to: number }): Promise<string> {
    return this.text(`test/${id}?as=${as}${range === undefined ? '' : `&from=${range.from}&to=${range.to}`}`);
  }

  private async text(address: string): Promise<string> {
    const response = await fetch(address, { cache: 'no-store' });
    const text = await response.text();
    if (!response.ok) throw new Error(text.trim());
    return text;
  }
}
