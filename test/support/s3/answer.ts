import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Content } from './content.ts';
import { S3Error } from './errors.ts';
import { xmlDocument, type Xml } from './xml.ts';

/** What the server says to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Content;
}

const EMPTY = new Content([]);

export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: EMPTY };
}

export function xmlAnswer(
  root: Xml,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): Answer {
  const body = new Content([Buffer.from(xmlDocument(root))]);
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

export function errorAnswer(error: S3Error, requestId: string): Answer {
  if (error.status === 304) return emptyAnswer(304, error.headers);
  const details = Object.entries(error.details).map(([name, value]): Xml => [name, value]);
  const document: Xml = [
    'Error',
    [
      ['Code', error.code],
      ['Message', error.message],
      ...details,
      ['RequestId', requestId],
      ['HostId', 'test'],
    ],
  ];
  return xmlAnswer(document, { status: error.status, headers: error.headers });
}

/** The head of an answer. What was asked for with HEAD has the headers of its body, and no body. */
function writeHead(response: ServerResponse, answer: Answer): void {
  const bodiless = answer.status === 204 || answer.status === 304;
  response.writeHead(answer.status, {
    ...(bodiless ? {} : { 'content-length': String(answer.body.size) }),
    ...answer.headers,
  });
}

export async function sendAnswer(response: ServerResponse, answer: Answer, withBody: boolean): Promise<void> {
  writeHead(response, answer);
  const [first, ...others] = withBody ? answer.body.pieces() : [];
  if (first === undefined || others.length === 0) {
    response.end(first);
    return;
  }
  await pipeline(Readable.from(answer.body.pieces(), { objectMode: false }), response);
}

/** Promises the whole body, sends its first bytes, and hangs up. */
export async function sendTruncated(response: ServerResponse, answer: Answer, bytes: number): Promise<void> {
  writeHead(response, answer);
  response.flushHeaders();
  for (const piece of answer.body.slice(0, bytes).pieces()) {
    await new Promise<void>((resolve) => response.write(piece, () => resolve()));
  }
  response.socket?.destroySoon();
}
