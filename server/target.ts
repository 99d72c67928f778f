import type { IncomingMessage } from 'node:http';
import type { EdgeRequest } from '../core/edge/decide.ts';

/** What the edge looks at, of a request as Node reads it. */
export function edgeRequestOf(request: IncomingMessage): EdgeRequest {
  // RFC 9112 3.2.2: a server takes the absolute form too. Its host says nothing: there is one site.
  const target = (request.url ?? '').replace(/^https?:\/\/[^/?#]*/i, '') || '/';
  const mark = target.indexOf('?');
  const { accept } = request.headers;
  const acceptEncoding = request.headers['accept-encoding'];
  return {
    method: request.method ?? '',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    accept,
    acceptEncoding: Array.isArray(acceptEncoding) ? acceptEncoding.join(', ') : acceptEncoding,
  };
}
