import type { IncomingHttpHeaders } from 'node:http';
import type { OriginAnswer } from './origin.ts';

/** What a viewer gets: an answer of the origin, or the part of it that was asked for. */
export interface ViewerAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** RFC 9110, 13.2.2, as far as a cache of whole objects answers it: nothing new, or a part. */
export function applyConditions(answer: OriginAnswer, asked: IncomingHttpHeaders): ViewerAnswer {
  if (answer.status !== 200) return answer;
  const ifNoneMatch = asked['if-none-match'];
  const isKnown =
    ifNoneMatch === undefined
      ? isUnmodified(answer, asked['if-modified-since'])
      : isAmong(answer.headers.get('etag'), ifNoneMatch);
  if (isKnown)
    return { status: 304, headers: without(answer.headers, 'content-length'), body: Buffer.alloc(0) };
  const ifRange = asked['if-range'];
  if (ifRange !== undefined && ifRange !== answer.headers.get('etag')) return answer;
  return partOf(answer, asked.range);
}

/** RFC 9110, 8.8.3.2: whether a tag is weak says nothing here. */
function isAmong(etag: string | undefined, list: string): boolean {
  const tags = list.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return etag !== undefined && (tags.includes('*') || tags.includes(etag));
}

function isUnmodified({ headers }: OriginAnswer, since: string | undefined): boolean {
  const modified = headers.get('last-modified');
  return since !== undefined && modified !== undefined && Date.parse(modified) <= Date.parse(since);
}

function partOf(answer: OriginAnswer, range: string | undefined): ViewerAnswer {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === '' && last === '') return answer;
  const size = answer.body.length;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= end) {
    const headers = new Map([['content-range', `bytes */${size}`]]);
    return { status: 416, headers, body: Buffer.alloc(0) };
  }
  const headers = new Map(answer.headers);
  headers
    .set('content-range', `bytes ${start}-${end - 1}/${size}`)
    .set('content-length', String(end - start));
  return { status: 206, headers, body: answer.body.subarray(start, end) };
}

function without(headers: ReadonlyMap<string, string>, name: string): ReadonlyMap<string, string> {
  return new Map([...headers].filter(([key]) => key !== name));
}
