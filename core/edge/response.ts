import type { EdgeAnswer, EdgeRedirect } from './decide.ts';

/** An HTTP response that needs no object. */
export interface EdgeResponse {
  readonly status: number;
  readonly reason: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text; never sent for HEAD. */
  readonly body: string;
}

/** Long enough to spare a client the detour, short enough to be taken back. */
const REDIRECT_CACHING = 'public, max-age=3600';

/** What is missing now may be published in a second. */
const NO_CACHING = 'no-store';

const REASONS = {
  301: 'Moved Permanently',
  302: 'Found',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  503: 'Service Unavailable',
};

const BODIES = {
  401: 'This index is private: send a password. Where it is a token, any user name will do.\n',
  403: 'This token is for some projects only: ask for /simple/NAME/.\n',
  404: 'Not Found\n',
  405: 'This index can only be read: GET and HEAD.\n',
  406: `Not Acceptable. A page can be had as:
application/vnd.pypi.simple.v1+json
application/vnd.pypi.simple.v1+html
text/html
`,
  503: 'Service Unavailable\n',
};

/** RFC 7617. What a client shows to the person that it asks for a password. */
const CHALLENGE = 'Basic realm="Python package index", charset="UTF-8"';

function headersFor(decision: EdgeRedirect | EdgeAnswer): Record<string, string> {
  if (decision.kind === 'redirect') {
    return {
      'cache-control': decision.status === 301 ? REDIRECT_CACHING : NO_CACHING,
      location: decision.location,
    };
  }
  const headers: Record<string, string> = {
    'cache-control': NO_CACHING,
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  };
  // RFC 9110 15.5.2: a 401 says how to be let in.
  if (decision.status === 401) headers['www-authenticate'] = CHALLENGE;
  // RFC 9110 15.5.6: a 405 names what is allowed.
  if (decision.status === 405) headers['allow'] = 'GET, HEAD';
  // RFC 9110 12.5.5: the refusal was negotiated as well.
  if (decision.status === 406) headers['vary'] = 'Accept, Accept-Encoding';
  return headers;
}

/** The whole response to a request for which no object is looked up. */
export function responseTo(decision: EdgeRedirect | EdgeAnswer): EdgeResponse {
  return {
    status: decision.status,
    reason: REASONS[decision.status],
    headers: headersFor(decision),
    body: decision.kind === 'redirect' ? '' : BODIES[decision.status],
  };
}
