import type { EdgeDecision, EdgeRequest } from '../../../core/edge/decide.ts';

/** One line of the routing table. */
export interface Route {
  /** Ends the sentence "The edge ...". */
  readonly does: string;
  readonly request: EdgeRequest;
  readonly decision: EdgeDecision;
}

const V1_JSON = 'application/vnd.pypi.simple.v1+json';
const V1_HTML = 'application/vnd.pypi.simple.v1+html';
const HASH = '0123456789abcdef';

function get(
  target: string,
  headers: { accept?: string; encoding?: string; method?: string } = {},
): EdgeRequest {
  const mark = target.indexOf('?');
  return {
    method: headers.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    accept: headers.accept,
    acceptEncoding: headers.encoding,
  };
}

function redirects(from: string, location: string, status: 301 | 302 = 301): Route {
  return {
    does: `redirects ${from} to ${location}`,
    request: get(from),
    decision: { kind: 'redirect', status, location },
  };
}

function finds(target: string, path: string): Route {
  return {
    does: `finds ${path} for ${target}`,
    request: get(target),
    decision: { kind: 'rewrite', path, negotiated: false },
  };
}

function misses(target: string): Route {
  return {
    does: `finds nothing for ${JSON.stringify(target)}`,
    request: get(target),
    decision: { kind: 'answer', status: 404 },
  };
}

function refuses(method: string, target: string): Route {
  return {
    does: `refuses ${method} ${target}`,
    request: get(target, { method }),
    decision: { kind: 'answer', status: 405 },
  };
}

/** `file` is what a page is sent as, or 406. */
function negotiates(accept: string | undefined, file: string | 406, who = ''): Route {
  return {
    does: `answers Accept: ${accept ?? '(none)'} with ${file}${who === '' ? '' : ` (${who})`}`,
    request: get('/simple/foo/', { accept }),
    decision:
      file === 406
        ? { kind: 'answer', status: 406 }
        : { kind: 'rewrite', path: `/simple/foo/${file}`, negotiated: true },
  };
}

function encodes(encoding: string | undefined, file: 'index.json' | 'index.json.gz'): Route {
  return {
    does: `answers Accept-Encoding: ${encoding ?? '(none)'} with ${file}`,
    request: get('/simple/foo/', { accept: V1_JSON, encoding }),
    decision: { kind: 'rewrite', path: `/simple/foo/${file}`, negotiated: true },
  };
}

function formats(query: string, file: string | 406, accept?: string): Route {
  return {
    does: `answers ?${query}${accept === undefined ? '' : ` with Accept: ${accept}`} with ${file}`,
    request: get(`/simple/foo/?${query}`, { accept }),
    decision:
      file === 406
        ? { kind: 'answer', status: 406 }
        : { kind: 'rewrite', path: `/simple/foo/${file}`, negotiated: true },
  };
}

const methods: Route[] = [
  refuses('POST', '/simple/'),
  refuses('PUT', `/files/foo/${HASH}/foo-1.0.tar.gz`),
  refuses('DELETE', '/nothing/here'),
  refuses('OPTIONS', '*'),
  refuses('CONNECT', 'example.org:443'),
  {
    does: 'treats HEAD as GET',
    request: get('/simple/foo/', { method: 'HEAD' }),
    decision: { kind: 'rewrite', path: '/simple/foo/index.html', negotiated: true },
  },
];

const redirections: Route[] = [
  redirects('/', '/simple/', 302),
  redirects('/?format=x', '/simple/?format=x', 302),
  redirects('/simple', '/simple/'),
  redirects('/simple/foo', '/simple/foo/'),
  redirects('/simple/Foo_Bar', '/simple/foo-bar/'),
  redirects('/simple/Foo_Bar/', '/simple/foo-bar/'),
  redirects('/simple/zope.interface/', '/simple/zope-interface/'),
  redirects('/simple/a--b._-c/', '/simple/a-b-c/'),
  redirects('/simple/foo%2Dbar/', '/simple/foo-bar/'),
  redirects('/simple/%66oo', '/simple/foo/'),
  redirects('/simple/index.html/', '/simple/index-html/'),
  redirects('/simple/Foo/index.json', '/simple/foo/index.json'),
  redirects(`/simple/Foo?format=${V1_JSON}&x=%0d%0a`, `/simple/foo/?format=${V1_JSON}&x=%0d%0a`),
  redirects('/simple/Foo/?a=1&a=2&b', '/simple/foo/?a=1&a=2&b'),
  redirects('/simple/Foo/?next=//evil.com/', '/simple/foo/?next=//evil.com/'),
  redirects('/simple/Foo/?x=\r\nSet-Cookie:%20a=b', '/simple/foo/'),
  redirects('/simple/Foo/?x=é', '/simple/foo/'),
  redirects('/simple/Foo/?x=#fragment', '/simple/foo/'),
  redirects('/foo', '/simple/foo/'),
  redirects('/foo/', '/simple/foo/'),
  redirects('/Foo_Bar/', '/simple/foo-bar/'),
  redirects('/zope.interface/', '/simple/zope-interface/'),
  redirects('/discord.py', '/simple/discord-py/'),
  redirects('/evil.com', '/simple/evil-com/'),
  redirects('/simplejson/', '/simple/simplejson/'),
];

const files: Route[] = [
  finds(`/files/foo/${HASH}/foo-1.0.tar.gz`, `/files/foo/${HASH}/foo-1.0.tar.gz`),
  finds(`/files/foo/${HASH}-2/foo-1.0.tar.gz`, `/files/foo/${HASH}-2/foo-1.0.tar.gz`),
  finds(`/files/foo/${HASH}/foo-1.0+cu1.whl.metadata`, `/files/foo/${HASH}/foo-1.0%2Bcu1.whl.metadata`),
  finds(`/files/foo/${HASH}/foo-1.0%2Bcu1.whl`, `/files/foo/${HASH}/foo-1.0%2Bcu1.whl`),
  finds(`/files/foo/${HASH}/foo-1.0%2bcu1.whl`, `/files/foo/${HASH}/foo-1.0%2Bcu1.whl`),
  finds(`/files/foo/${HASH}/foo-1!1.0.tar.gz`, `/files/foo/${HASH}/foo-1%211.0.tar.gz`),
  finds(`/files/foo/${HASH}/foo-1%211.0.tar.gz`, `/files/foo/${HASH}/foo-1%211.0.tar.gz`),
  finds(`/files/foo/${HASH}/foo%7E1.whl`, `/files/foo/${HASH}/foo~1.whl`),
  finds(`/files/foo/${HASH}/foo~1.whl`, `/files/foo/${HASH}/foo~1.whl`),
  finds(`/files/foo/${HASH}/%66oo'(1)*.whl.provenance`, `/files/foo/${HASH}/foo%27%281%29%2A.whl.provenance`),
  finds(`/files/foo/${HASH}/f%C3%B6%20o.whl`, `/files/foo/${HASH}/f%C3%B6%20o.whl`),
  finds(`/files/foo/${HASH}/%252e%252e`, `/files/foo/${HASH}/%252e%252e`),
  finds(`/%66iles/foo/${HASH}/foo.whl?versionId=1`, `/files/foo/${HASH}/foo.whl`),
  finds('/simple/index.html', '/simple/index.html'),
  finds('/simple/index.v1.html', '/simple/index.v1.html'),
  finds('/simple/index.json', '/simple/index.json'),
  finds('/simple/index.json.gz', '/simple/index.json.gz'),
  finds('/simple/foo/index.html', '/simple/foo/index.html'),
  finds('/simple/foo/index.v1.html', '/simple/foo/index.v1.html'),
  finds('/simple/foo/index.json', '/simple/foo/index.json'),
  finds('/simple/foo/index%2Ejson.gz', '/simple/foo/index.json.gz'),
];

const nothing: Route[] = [
  '',
  'simple/',
  '*',
  '//',
  '//evil.com',
  '//evil.com/',
  '///evil.com/%2e%2e',
  '/\\evil.com/',
  '/%5Cevil.com/',
  '/%2Fevil.com/',
  '/%2F%2Fevil.com',
  '/evil.com%2F..',
  '/http://evil.com/',
  '/foo%0d%0aSet-Cookie:a=b/',
  '/foo\r\nSet-Cookie:a=b/',
  '/foo%00/',
  '/foo%0A',
  '/simple/foo%0A/',
  '/simple/foo\n/',
  '/simple/foo%7F/',
  '/simple/%C5%BFoo/',
  '/simple/%E2%84%AA/',
  '/föö/',
  '/simple/foo//',
  '/simple//foo/',
  '/simple//',
  '/simple/foo/bar',
  '/simple/foo/bar/',
  '/simple/foo/index.htm',
  '/simple/foo/index.json/',
  '/simple/foo/x/index.json',
  '/simple/-foo/',
  '/simple/foo-/',
  '/simple/foo+bar/',
  '/simple/foo bar/',
  '/simple/%/',
  '/simple/%zz/',
  '/simple/%ff/',
  '/simple/../records/default/foo.json',
  '/simple/%2e%2e/records/default/foo.json',
  '/simple/.',
  '/simple/..',
  '/simple/%2e/',
  `/simple/${'a'.repeat(201)}/`,
  '/.',
  '/..',
  '/%2e%2e/',
  '/%2e%2e%2frecords/',
  '/.git/config',
  '/.wheelstore',
  '/.wheelstore/versions/1',
  '/.well-known/security.txt',
  '/records',
  '/records/',
  '/records/default/foo.json',
  '/Records/',
  '/RECORDS',
  '/repository.json',
  '/Repository.JSON',
  '/repository.json/',
  '/search.json',
  '/index.html',
  '/robots.txt',
  '/favicon.ico',
  '/apple-touch-icon.png',
  '/index.php',
  '/project',
  '/project/',
  '/project/foo/',
  '/Simple/',
  '/SIMPLE/foo/',
  '/foo/bar',
  '/foo/bar/',
  '/foo//',
  '/files',
  '/files/',
  '/files/foo',
  '/files/foo/',
  `/files/foo/${HASH}`,
  `/files/foo/${HASH}/`,
  `/files/foo/${HASH}/a/b`,
  `/files/foo/${HASH}/a/`,
  `/files/foo/${HASH}/..`,
  `/files/foo/${HASH}/%2e%2e`,
  `/files/foo/${HASH}/.hidden`,
  `/files/foo/${HASH}/a%2Fb`,
  `/files/foo/${HASH}/a%5Cb`,
  `/files/foo/${HASH}/a\\b`,
  `/files/foo/${HASH}/a%00b`,
  `/files/foo/${HASH}/a%C2%85b`,
  `/files/foo/${HASH}/a%zz`,
  `/files/foo/${HASH}/a%`,
  `/files/foo/${HASH}/a%C3`,
  `/files/foo/${HASH}/a%ED%A0%80`,
  `/files/foo/${HASH}/a b`,
  `/files/foo/${HASH}-0/a`,
  `/files/foo/${HASH}-01/a`,
  `/files/foo/${HASH}-/a`,
  `/files/foo/${HASH}%0A/a`,
  `/files/foo/${HASH}0/a`,
  '/files/foo/0123456789ABCDEF/a',
  '/files/foo/0123456789abcde/a',
  '/files/foo/0123456789abcdeg/a',
  `/files/Foo/${HASH}/a`,
  `/files/foo_bar/${HASH}/a`,
  `/files/../${HASH}/a`,
  `/files//${HASH}/a`,
  '/files/../records/x',
].map(misses);

const clients: Route[] = [
  negotiates(undefined, 'index.html', 'hatch'),
  negotiates('', 'index.html'),
  negotiates(' , ', 'index.html'),
  negotiates(`${V1_JSON}, ${V1_HTML}; q=0.1, text/html; q=0.01`, 'index.json', 'pip'),
  negotiates(`${V1_JSON}, ${V1_HTML};q=0.2, text/html;q=0.01`, 'index.json', 'uv'),
  negotiates(`${V1_JSON}, */*;q=0.1`, 'index.json', 'poetry'),
  negotiates('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'index.html', 'Firefox'),
  negotiates(
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
    'index.html',
    'Chrome',
  ),
  negotiates('*/*', 'index.html', 'curl'),
  negotiates('text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 'index.html', 'Java'),
];

const weights: Route[] = [
  negotiates(V1_JSON, 'index.json'),
  negotiates(V1_HTML, 'index.v1.html'),
  negotiates('text/html', 'index.html'),
  negotiates('application/vnd.pypi.simple.latest+json', 'index.json'),
  negotiates('application/vnd.pypi.simple.latest+html', 'index.v1.html'),
  negotiates('Application/Vnd.PyPI.Simple.V1+JSON', 'index.json'),
  negotiates('TEXT/HTML;Q=1', 'index.html'),
  negotiates(`text/html;q=0.01,${V1_HTML};q=0.1,${V1_JSON}`, 'index.json'),
  negotiates(`text/html ; q = 0.9 ,${V1_JSON}\t;\tq=0.8`, 'index.html'),
  negotiates(`${V1_JSON}, ${V1_HTML}, text/html`, 'index.json'),
  negotiates(`text/html, ${V1_HTML}, ${V1_JSON}`, 'index.json'),
  negotiates(`text/html, ${V1_HTML}`, 'index.v1.html'),
  negotiates('text/*', 'index.html'),
  negotiates('application/*', 'index.json'),
  negotiates('application/*, */*', 'index.html'),
  negotiates('text/*, application/*', 'index.html'),
  negotiates('application/*;q=0.9, text/*;q=0.8', 'index.json'),
  negotiates(`*/*, ${V1_JSON}`, 'index.json'),
  negotiates(`*/*, ${V1_HTML}`, 'index.v1.html'),
  negotiates(`${V1_JSON};q=0.5, */*`, 'index.html'),
  negotiates(`text/html;q=0.5, ${V1_JSON};q=0.4, application/*`, 'index.v1.html'),
  negotiates(`*/*, text/html;q=0, ${V1_JSON};q=0`, 'index.v1.html'),
  negotiates(`text/html;q=0, */*`, 'index.json'),
  negotiates(`text/*;q=0, */*;q=0.1`, 'index.json'),
  negotiates(`${V1_JSON};q=0, text/html;q=0.1`, 'index.html'),
  negotiates(`${V1_JSON};q=0.0`, 406),
  negotiates(`${V1_JSON};q=0.000, application/*;q=0`, 406),
  negotiates('*/*;q=0', 406),
  negotiates('application/json', 406),
  negotiates('application/vnd.pypi.simple.v2+json', 406),
  negotiates('application/vnd.pypi.simple.v1', 406),
  negotiates('image/png', 406),
  negotiates('html', 406),
  negotiates(';;q', 'index.html'),
  negotiates('text/html;q=high', 'index.html'),
  negotiates(`text/html;q=high, ${V1_JSON};q=0.01`, 'index.json'),
  negotiates(`text/html;q=, ${V1_JSON};q=0.01`, 'index.json'),
  negotiates(`text/html;q=-1, ${V1_JSON};q=0.01`, 'index.json'),
  negotiates(`text/html;q=9, ${V1_JSON};q=1.0`, 'index.json'),
  negotiates(`text/html;q=.5, ${V1_JSON};q=0.4`, 'index.html'),
  negotiates(`text/html;charset="a,b;q=0";q=0.5, ${V1_JSON};q=0.4`, 'index.html'),
  negotiates(`text/html;level=1;q=0.5, ${V1_JSON};version=3;q=0.6`, 'index.json'),
  negotiates(`text/html;q=0.5;q=0.9, ${V1_JSON};q=0.6`, 'index.json'),
  negotiates(`${V1_JSON};q=0.1, ${V1_JSON};q=0.9, text/html;q=0.5`, 'index.json'),
];

const queries: Route[] = [
  formats(`format=${V1_JSON}`, 'index.json'),
  formats(`format=${V1_JSON}`, 'index.json', 'text/html'),
  formats(`format=${encodeURIComponent(V1_JSON)}`, 'index.json'),
  formats(`format=${V1_JSON.replace('+', '%20')}`, 'index.json'),
  formats(`format=${V1_JSON.replace('+', ' ')}`, 'index.json'),
  formats(`format=${V1_JSON.toUpperCase()}`, 'index.json'),
  formats(`a=b&format=${V1_HTML}&c`, 'index.v1.html'),
  formats('format=text/html', 'index.html', V1_JSON),
  formats('format=text%2Fhtml', 'index.html', 'image/png'),
  formats('format=application/vnd.pypi.simple.latest+json', 'index.json'),
  formats('format=text/html&format=nonsense', 'index.html'),
  formats('format=nonsense&format=text/html', 406),
  formats('format=json', 406),
  formats('format=*/*', 406),
  formats('format=application/*', 406),
  formats('format=%zz', 406),
  formats('format=', 'index.json', V1_JSON),
  formats('formats=text/html', 'index.json', V1_JSON),
];

const encodings: Route[] = [
  encodes(undefined, 'index.json'),
  encodes('', 'index.json'),
  encodes('identity', 'index.json'),
  encodes('gzip', 'index.json.gz'),
  encodes('x-gzip', 'index.json.gz'),
  encodes('GZIP', 'index.json.gz'),
  encodes('gzip, deflate', 'index.json.gz'),
  encodes('gzip, deflate, zstd', 'index.json.gz'),
  encodes('br, zstd', 'index.json'),
  encodes('*', 'index.json.gz'),
  encodes('*;q=0', 'index.json'),
  encodes('gzip;q=0', 'index.json'),
  encodes('gzip;q=0, *', 'index.json'),
  encodes('gzip, *;q=0', 'index.json.gz'),
  encodes('gzip;q=0.001', 'index.json.gz'),
  encodes('gzip; q=0.5, identity', 'index.json'),
  encodes('identity;q=0.5, gzip;q=1.0', 'index.json.gz'),
  encodes('identity, gzip', 'index.json.gz'),
  encodes('identity;q=0', 'index.json'),
];

const projectList: Route[] = [
  {
    does: 'sends the project list as HTML',
    request: get('/simple/'),
    decision: { kind: 'rewrite', path: '/simple/index.html', negotiated: true },
  },
  {
    does: 'sends the project list as compressed JSON',
    request: get('/simple/', { accept: V1_JSON, encoding: 'gzip' }),
    decision: { kind: 'rewrite', path: '/simple/index.json.gz', negotiated: true },
  },
  {
    does: 'refuses the project list as an image',
    request: get('/simple/', { accept: 'image/png' }),
    decision: { kind: 'answer', status: 406 },
  },
  {
    does: 'does not negotiate what is asked for by its own name',
    request: get('/simple/foo/index.html?format=nonsense', { accept: 'image/png', encoding: 'gzip' }),
    decision: { kind: 'rewrite', path: '/simple/foo/index.html', negotiated: false },
  },
  {
    does: 'finds what is below simple/ under every spelling of it',
    request: get('/%73imple/foo/'),
    decision: { kind: 'rewrite', path: '/simple/foo/index.html', negotiated: true },
  },
];

/** What the edge decides, wherever it runs. */
export const ROUTES: readonly Route[] = [
  ...methods,
  ...redirections,
  ...files,
  ...nothing,
  ...projectList,
  ...clients,
  ...weights,
  ...queries,
  ...encodings,
];
