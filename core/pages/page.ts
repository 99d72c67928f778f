import { createHash } from 'node:crypto';
import { gzipSync } from 'fflate/browser';
import type { Representation } from '../keys.ts';

/** The version of the simple API that the pages speak (PEP 629, PEP 700, PEP 792). */
export const API_VERSION = '1.4';

/** One representation of a page, ready to be kept. */
export interface RenderedPage {
  readonly representation: Representation;
  readonly body: Uint8Array;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Every representation of a page from its two forms, which say the same. */
export function representationsOf(html: string, json: object): RenderedPage[] {
  const encoder = new TextEncoder();
  const htmlBytes = encoder.encode(html);
  const jsonBytes = encoder.encode(JSON.stringify(json));
  // fflate, because its output is the same on every machine; zlib's is not, and two publishers on
  // unlike machines would never agree that a page is up to date.
  const gzipped = gzipSync(jsonBytes, { level: 6, mtime: 0 });
  const page = rendered('index.html', htmlBytes);
  return [
    page,
    { ...page, representation: 'index.v1.html' },
    rendered('index.json', jsonBytes),
    rendered('index.json.gz', gzipped),
  ];
}

function rendered(representation: Representation, body: Uint8Array): RenderedPage {
  return { representation, body, sha256: createHash('sha256').update(body).digest('hex') };
}
