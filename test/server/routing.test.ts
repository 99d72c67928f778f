import { Agent } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyOf } from '../../core/edge/key.ts';
import { responseTo } from '../../core/edge/response.ts';
import { createIndexServer, type IndexServer } from '../../server/index-server.ts';
import { type Route, ROUTES } from '../core/edge/routing-table.ts';
import { ask, say } from './serving.ts';

/** A store that has nothing, and remembers what it was asked for. */
class EmptyStore {
  asked: string[] = [];

  async open(key: string): Promise<undefined> {
    this.asked.push(key);
  }
}

const store = new EmptyStore();
const agent = new Agent({ keepAlive: true });
let server: IndexServer;
let port: number;

beforeAll(async () => {
  server = createIndexServer({ store });
  ({ port } = await server.listen({ host: '127.0.0.1', port: 0 }));
  return async () => {
    agent.destroy();
    await server.close();
  };
});

/** What HTTP can carry at all. */
function isSendable({ request: { path, query } }: Route): boolean {
  return path.startsWith('/') && !/[^!-~]/.test(path + query);
}

describe('The server', () => {
  it.each(ROUTES.filter(isSendable))('$does', async ({ request, decision }) => {
    store.asked = [];
    const { method, path, query, accept, acceptEncoding } = request;
    const reply = await ask(port, {
      method,
      path: query === '' ? path : `${path}?${query}`,
      headers: {
        ...(accept === undefined ? {} : { accept }),
        ...(acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding }),
      },
      agent,
    });
    if (decision.kind === 'rewrite') {
      expect([reply.status, store.asked]).toEqual([404, [keyOf(decision)]]);
    } else {
      const { status, headers } = responseTo(decision);
      expect([reply.status, store.asked]).toEqual([status, []]);
      expect(reply.headers).toMatchObject(headers);
    }
  });

  const hostile: [line: string, status: number][] = [
    ['GET /files/../records/x HTTP/1.1', 404],
    ['GET /files/foo/0123456789abcdef/../../../records/x HTTP/1.1', 404],
    ['GET /simple/../repository.json HTTP/1.1', 404],
    ['GET /simple/..%2f..%2fetc%2fpasswd HTTP/1.1', 404],
    ['GET /%2e%2e/ HTTP/1.1', 404],
    ['GET /..\\..\\ HTTP/1.1', 404],
    ['GET //evil.com HTTP/1.1', 404],
    ['GET //evil.com/%2e%2e HTTP/1.1', 404],
    ['GET http://evil.com//evil.com/ HTTP/1.1', 404],
    ['GET http:////evil.com/ HTTP/1.1', 404],
    ['GET http://evil.com/records/default/foo.json HTTP/1.1', 404],
    ['GET ftp://evil.com/foo/ HTTP/1.1', 404],
    ['GET evil.com/foo/ HTTP/1.1', 400],
    ['GET * HTTP/1.1', 404],
    ['OPTIONS * HTTP/1.1', 405],
    ['GET /\u0000 HTTP/1.1', 400],
    ['GET /simple/ HTTP/9.9', 400],
    ['G\u0001T / HTTP/1.1', 400],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1`, 431],
  ];

  it.each(hostile)('answers %j with %d', async (line, status) => {
    store.asked = [];
    const heard = await say(port, `${line}\r\nHost: index.example\r\nConnection: close\r\n\r\n`);
    const [first = ''] = heard.split('\r\n');
    expect(Number(first.split(' ')[1])).toBe(status);
    expect(heard).not.toMatch(/^location: *(?!\/simple\/)/im);
    expect(store.asked).toEqual([]);
  });

  it('takes the absolute form of a target for the path in it', async () => {
    const heard = await say(
      port,
      'GET http://evil.com/Foo/?a HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n',
    );
    expect(heard).toMatch(/^HTTP\/1\.1 301 /);
    expect(heard).toMatch(/^location: \/simple\/foo\/\?a\r$/im);
  });

  it('takes the absolute form without a path for the root', async () => {
    const heard = await say(
      port,
      'GET http://evil.com HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n',
    );
    expect(heard).toMatch(/^HTTP\/1\.1 302 /);
  });

  it('lets no line break into a header', async () => {
    const path = '/simple/foo%0d%0aSet-Cookie:%20a=b?%0d%0aSet-Cookie:%20a=b';
    const heard = await say(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(heard).toMatch(/^HTTP\/1\.1 404 /);
    expect(heard).not.toMatch(/^set-cookie/im);
  });

  it('refuses an upload before its body is sent', async () => {
    const head = 'POST /simple/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n';
    const heard = await say(port, `${head}Connection: close\r\n\r\n`);
    expect(heard).toMatch(/^HTTP\/1\.1 405 /);
  });

  it('sends no body with the headers of an answer to HEAD', async () => {
    const heard = await say(port, 'HEAD /nothing/here HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(heard).toMatch(/^content-length: 10\r$/im);
    expect(heard).toMatch(/\r\n\r\n$/);
  });

  it('is still there after garbage', async () => {
    expect(await say(port, 'GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect((await ask(port, { path: '/simple' })).status).toBe(301);
  });
});
