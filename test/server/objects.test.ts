import { gzipSync, gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { headersOf } from '../../core/keys.ts';
import { createIndexServer, type IndexServer } from '../../server/index-server.ts';
import { MemoryStore } from '../../stores/memory.ts';
import { ask, FILE_PATH } from './serving.ts';

const V1_JSON = 'application/vnd.pypi.simple.v1+json';
const MODIFIED = 'Mon, 06 May 2024 07:08:09 GMT';
const BODY = '0123456789';
const JSON_PAGE = '{"meta":{"api-version":"1.4"}}';

const OBJECTS: Readonly<Record<string, string | Uint8Array>> = {
  [FILE_PATH.slice(1)]: BODY,
  'files/foo/0123456789abcdef/foo-1.0.tar.gz': gzipSync('a tar'),
  'files/foo/0123456789abcdef/foo-1.0+local.tar.gz': BODY,
  'files/foo/0123456789abcdef/foo-1.0-py3-none-any.whl.metadata': 'Metadata-Version: 2.1\n',
  'files/foo/0123456789abcdef/empty.whl': '',
  'files/foo/0123456789abcdef/page.html': '<script>alert(1)</script>',
  'simple/foo/index.html': '<!DOCTYPE html>',
  'simple/foo/index.v1.html': '<!DOCTYPE html><!-- v1 -->',
  'simple/foo/index.json': JSON_PAGE,
  'simple/foo/index.json.gz': gzipSync(JSON_PAGE),
  'records/default/foo.json': '{}',
  'repository.json': '{}',
};

let server: IndexServer;
let port: number;

beforeAll(async () => {
  const store = new MemoryStore(() => new Date(MODIFIED));
  for (const [key, body] of Object.entries(OBJECTS)) {
    await store.replace(key, new Uint8Array(Buffer.from(body)), undefined, headersOf(key));
  }
  server = createIndexServer({ store });
  ({ port } = await server.listen({ host: '127.0.0.1', port: 0 }));
  return () => server.close();
});

async function etagOf(path: string, headers: Record<string, string> = {}): Promise<string> {
  return (await ask(port, { method: 'HEAD', path, headers })).headers.etag ?? '';
}

describe('A file', () => {
  it('comes with everything that a client needs to keep it forever', async () => {
    const { status, headers, body } = await ask(port, { path: FILE_PATH });
    expect([status, String(body)]).toEqual([200, BODY]);
    expect(headers).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'max-age=31536000, immutable',
      'content-length': '10',
      'content-type': 'application/octet-stream',
      'last-modified': MODIFIED,
      'x-content-type-options': 'nosniff',
    });
    expect(headers.etag).toMatch(/^"[^"]+"$/);
    expect(headers.vary).toBeUndefined();
  });

  it.each(['foo-1.0-py3-none-any.whl', 'foo-1.0.tar.gz', 'foo-1.0-py3-none-any.whl.metadata'])(
    'is never said to be encoded: %s',
    async (filename) => {
      const path = `/files/foo/0123456789abcdef/${filename}`;
      const { status, headers, body } = await ask(port, { path, headers: { 'accept-encoding': 'gzip' } });
      expect([status, headers['content-encoding']]).toEqual([200, undefined]);
      expect(body).toEqual(Buffer.from(OBJECTS[path.slice(1)] ?? ''));
    },
  );

  it.each(['foo-1.0+local.tar.gz', 'foo-1.0%2Blocal.tar.gz', 'foo-1.0%2blocal.tar%2Egz'])(
    'is found as %s',
    async (filename) => {
      expect((await ask(port, { path: `/files/foo/0123456789abcdef/${filename}` })).status).toBe(200);
    },
  );

  it('has the headers of GET for HEAD, and no body', async () => {
    const [head, get] = [
      await ask(port, { method: 'HEAD', path: FILE_PATH }),
      await ask(port, { path: FILE_PATH }),
    ];
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect({ ...head.headers, date: '' }).toEqual({ ...get.headers, date: '' });
  });

  it('may be empty', async () => {
    const { status, headers } = await ask(port, { path: '/files/foo/0123456789abcdef/empty.whl' });
    expect([status, headers['content-length']]).toEqual([200, '0']);
  });

  it('cannot run a script in a browser', async () => {
    const { headers } = await ask(port, { path: '/files/foo/0123456789abcdef/page.html' });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'/);
  });
});

describe('A range of a file', () => {
  const ranges: [range: string, status: number, body: string, contentRange: string | undefined][] = [
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, BODY, 'bytes 0-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, 'Range Not Satisfiable\n', 'bytes */10'],
    ['bytes=-0', 416, 'Range Not Satisfiable\n', 'bytes */10'],
    ['bytes=0-1,3-4', 200, BODY, undefined],
    ['bytes=4-2', 200, BODY, undefined],
    ['nonsense', 200, BODY, undefined],
  ];

  it.each(ranges)('%s is answered with %d', async (range, status, body, contentRange) => {
    const reply = await ask(port, { path: FILE_PATH, headers: { range } });
    expect([reply.status, String(reply.body), reply.headers['content-range']]).toEqual([
      status,
      body,
      contentRange,
    ]);
    expect(reply.headers['content-length']).toBe(String(body.length));
  });

  it('is not cut out for HEAD', async () => {
    const reply = await ask(port, { method: 'HEAD', path: FILE_PATH, headers: { range: 'bytes=2-4' } });
    expect([reply.status, reply.headers['content-length']]).toEqual([200, '10']);
  });

  it('is cut out where If-Range names this version, and not where it names another', async () => {
    const range = 'bytes=2-4';
    const ask206 = (ifRange: string) =>
      ask(port, { path: FILE_PATH, headers: { range, 'if-range': ifRange } });
    expect((await ask206(await etagOf(FILE_PATH))).status).toBe(206);
    expect((await ask206(MODIFIED)).status).toBe(206);
    expect((await ask206('"other"')).status).toBe(200);
    expect((await ask206('Mon, 06 May 2024 07:08:08 GMT')).status).toBe(200);
  });

  it('gives way to a condition', async () => {
    const headers = { range: 'bytes=2-4', 'if-none-match': await etagOf(FILE_PATH) };
    expect((await ask(port, { path: FILE_PATH, headers })).status).toBe(304);
  });
});

describe('A page', () => {
  const representations: [headers: Record<string, string>, type: string, encoding: string | undefined][] = [
    [{}, 'text/html; charset=utf-8', undefined],
    [{ accept: 'text/html', 'accept-encoding': 'gzip' }, 'text/html; charset=utf-8', undefined],
    [{ accept: V1_JSON }, V1_JSON, undefined],
    [{ accept: V1_JSON, 'accept-encoding': 'gzip, deflate' }, V1_JSON, 'gzip'],
    [
      { accept: 'application/vnd.pypi.simple.v1+html' },
      'application/vnd.pypi.simple.v1+html; charset=utf-8',
      undefined,
    ],
  ];

  it.each(representations)('for %o is %s, encoded as %s', async (headers, type, encoding) => {
    const reply = await ask(port, { path: '/simple/foo/', headers });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-type': type,
      'cache-control': 'max-age=0, must-revalidate, stale-if-error=86400',
      vary: 'Accept, Accept-Encoding',
      'x-content-type-options': 'nosniff',
    });
    expect(reply.headers['content-encoding']).toBe(encoding);
    expect(reply.headers['content-security-policy']).toMatch(/^default-src 'none'/);
    if (encoding === 'gzip') expect(String(gunzipSync(reply.body))).toBe(JSON_PAGE);
  });

  it('has the length of what is sent, for HEAD too', async () => {
    const headers = { accept: V1_JSON, 'accept-encoding': 'gzip' };
    const [head, get] = [
      await ask(port, { method: 'HEAD', path: '/simple/foo/', headers }),
      await ask(port, { path: '/simple/foo/', headers }),
    ];
    expect(head.headers['content-length']).toBe(String(get.body.length));
    expect(head.body.length).toBe(0);
  });

  it('is not sent again to a client that has it', async () => {
    const headers = { accept: V1_JSON, 'accept-encoding': 'gzip' };
    const etag = await etagOf('/simple/foo/', headers);
    const reply = await ask(port, { path: '/simple/foo/', headers: { ...headers, 'if-none-match': etag } });
    expect([reply.status, reply.body.length]).toEqual([304, 0]);
    expect(reply.headers).toMatchObject({
      etag,
      vary: 'Accept, Accept-Encoding',
      'cache-control': 'max-age=0, must-revalidate, stale-if-error=86400',
    });
    expect(reply.headers['content-type']).toBeUndefined();
  });

  it('is sent in another representation, whatever the client has of the first', async () => {
    const etag = await etagOf('/simple/foo/');
    const headers = { accept: V1_JSON, 'if-none-match': etag };
    expect((await ask(port, { path: '/simple/foo/', headers })).status).toBe(200);
  });

  const conditions: [method: string, headers: Record<string, string>, status: number][] = [
    ['GET', { 'if-modified-since': MODIFIED }, 304],
    ['HEAD', { 'if-modified-since': MODIFIED }, 304],
    ['GET', { 'if-modified-since': 'Mon, 06 May 2024 07:08:08 GMT' }, 200],
    ['GET', { 'if-none-match': '*' }, 304],
    ['GET', { 'if-none-match': '"other"', 'if-modified-since': MODIFIED }, 200],
    ['GET', { 'if-match': '"other"' }, 412],
    ['GET', { 'if-unmodified-since': 'Mon, 06 May 2024 07:08:08 GMT' }, 412],
  ];

  it.each(conditions)('answers %s with %o with %d', async (method, headers, status) => {
    expect((await ask(port, { method, path: '/simple/foo/', headers })).status).toBe(status);
  });

  it('that is asked for by its own name is not said to vary', async () => {
    const { status, headers } = await ask(port, { path: '/simple/foo/index.json.gz' });
    expect([status, headers['content-encoding'], headers.vary]).toEqual([200, 'gzip', undefined]);
  });
});

describe('What is not there', () => {
  it.each([
    '/simple/bar/',
    '/files/foo/0123456789abcdef/bar.whl',
    '/records/default/foo.json',
    '/repository.json',
  ])('is a 404 that nobody keeps: %s', async (path) => {
    const { status, headers } = await ask(port, { path });
    expect(status).toBe(404);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'text/plain; charset=utf-8',
    });
  });
});
