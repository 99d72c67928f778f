import type { OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { Certificate } from '../certificate.ts';

/** What a viewer got. */
export interface Got {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  /** Several values of one name are sent in several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** Asks once, over a connection of its own; the path is sent as it is. */
export function askOver(
  url: string,
  { cert }: Certificate,
  path: string,
  { method = 'GET', headers = {} }: Asked = {},
): Promise<Got> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const own = headers as OutgoingHttpHeaders;
    const options = { hostname, port, path, method, headers: own, ca: cert, agent: false };
    request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        const status = response.statusCode ?? 0;
        resolve({ status, headers: response.headers, body, text: body.toString('utf8') });
      });
    })
      .on('error', reject)
      .end();
  });
}
