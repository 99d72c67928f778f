import { invalidPage, type IndexPage, type PageLimits } from './page.ts';

export type PageFormat = 'json' | 'html';

const JSON_TYPE = /^application\/(?:vnd\.pypi\.simple\.(?:v1|latest)\+json|json)$/;
const HTML_TYPE =
  /^(?:application\/vnd\.pypi\.simple\.(?:v1|latest)\+html|text\/html|application\/xhtml\+xml)$/;
const OTHER_VERSION = /^application\/vnd\.pypi\.simple\./;
/** Types that servers give to whatever they do not know. */
const VAGUE_TYPE =
  /^(?:|text\/plain|text\/xml|application\/(?:xml|octet-stream|binary)|binary\/octet-stream)$/;

/**
 * What a page is written in: what its type says, or where that is vague, what it begins with.
 *
 * @throws {WheelstoreError} `invalid-page` where it is neither HTML nor JSON
 */
export function formatOfPage(page: IndexPage, text: string): PageFormat {
  const type = typeOf(page.contentType);
  if (JSON_TYPE.test(type)) return 'json';
  if (OTHER_VERSION.test(type) && !HTML_TYPE.test(type)) {
    throw invalidPage(page.url, `is of the type ${type}, and only version 1 of the simple API is known`);
  }
  const first = /[^\s\uFEFF]/.exec(text.slice(0, 4096))?.[0];
  if (HTML_TYPE.test(type)) return first === '{' ? 'json' : 'html';
  if (VAGUE_TYPE.test(type) && (first === '{' || first === '<')) return first === '{' ? 'json' : 'html';
  throw invalidPage(page.url, `is no page of an index: its type is ${JSON.stringify(type.slice(0, 80))}`);
}

function typeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/**
 * The text of a page in the charset that its type names, or in UTF-8. What cannot be decoded is replaced: no
 * filename has such characters.
 *
 * @throws {WheelstoreError} `invalid-page` where it is too large
 */
export function textOfPage({ url, contentType, body }: IndexPage, { maxBytes }: PageLimits): string {
  if (body.length > maxBytes) throw invalidPage(url, `is larger than ${maxBytes} bytes`);
  if (typeof body === 'string') return body;
  const charset = /;\s*charset\s*=\s*"?([\w:.-]{1,40})/i.exec(contentType)?.[1] ?? 'utf-8';
  return decoderFor(charset).decode(body);
}

function decoderFor(charset: string): { decode(bytes: Uint8Array): string } {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
