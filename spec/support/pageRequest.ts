import { get, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import type { PageMessage } from '../../src/wiretap/ui/PageMessage';

/** The reply of a page's server. */
export interface PageReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks the server of a page, with headers that a browser would not send. */
export function pageRequest(url: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<PageReply> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode!, headers: response.headers, body });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Reads the stream of a page until a message is the one that is wanted, and returns all messages. */
export function pageMessages(url: string, wanted: (message: PageMessage) => boolean): Promise<PageMessage[]> {
  return new Promise((resolve, reject) => {
    const messages: PageMessage[] = [];
    let rest = '';
    const asked = get(url, { agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`The stream was refused: ${response.statusCode}`));
      response.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n\n');
        rest = parts.pop()!;
        for (const part of parts) {
          const message = JSON.parse(part.slice('data: '.length)) as PageMessage;
          messages.push(message);
          if (!wanted(message)) continue;
          asked.destroy();
          resolve(messages);
          return;
        }
      });
    });
    asked.on('error', reject);
  });
}
