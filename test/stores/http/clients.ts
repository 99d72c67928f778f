import { onTestFinished } from 'vitest';
import { HttpClient, type HttpClientOptions } from '../../../stores/http/client.ts';

/** A client that does not wait between attempts, and the pauses that it would have made. */
export function clientFor(source: string, more: Partial<HttpClientOptions> = {}) {
  const pauses: number[] = [];
  const client = new HttpClient({
    source: new URL(source),
    userAgent: 'wheelstore/test',
    pacing: {
      wait: (milliseconds) => {
        pauses.push(milliseconds);
        return Promise.resolve();
      },
      random: () => 0,
    },
    ...more,
  });
  onTestFinished(() => client.close());
  const at = (path: string) => new URL(path, source);
  return {
    client,
    pauses,
    page: (path = '/', limit = 1_000_000) => client.page(at(path), 'text/html', limit),
    file: async (path = '/', limit = 1_000_000): Promise<Buffer> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of client.file(at(path), limit)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}
