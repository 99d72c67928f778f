import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { headersOf } from '../../core/keys.ts';
import { createIndexServer } from '../../server/index-server.ts';
import { MemoryStore } from '../../stores/memory.ts';
import { ask, begin, bodyOf, dial, FILE_PATH, ScriptedStore, serve, signal } from './serving.ts';

const CHUNK = new Uint8Array(64 * 1024).fill(7);

const EMPTY = new MemoryStore();

async function storeWith(body: Uint8Array): Promise<MemoryStore> {
  const store = new MemoryStore();
  const key = FILE_PATH.slice(1);
  await store.replace(key, body, undefined, headersOf(key));
  return store;
}

describe('A server that listens', () => {
  it('says under which address', async () => {
    const { url, port } = await serve({ store: EMPTY });
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(port).toBeGreaterThan(0);
  });

  it.each([
    ['0.0.0.0', 'http://0.0.0.0:'],
    ['localhost', 'http://localhost:'],
  ])('on %s is shown as it was given', async (host, start) => {
    const server = createIndexServer({ store: EMPTY });
    onTestFinished(() => server.close());
    const { url, port } = await server.listen({ host, port: 0 });
    expect(url).toBe(`${start}${port}`);
  });

  it('on an address of IPv6 is shown with brackets, or says that there is no such address', async () => {
    const server = createIndexServer({ store: EMPTY });
    onTestFinished(() => server.close());
    const outcome = await server.listen({ host: '::1', port: 0 }).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'cannot-listen', value: '[::1]:0' });
    else expect(outcome).toMatchObject({ url: expect.stringMatching(/^http:\/\/\[::1\]:\d+$/) });
  });

  it('says that a port is taken, and can try another', async () => {
    const { port } = await serve({ store: EMPTY });
    const other = createIndexServer({ store: EMPTY });
    onTestFinished(() => other.close());
    await expect(other.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'address-in-use',
      value: `127.0.0.1:${port}`,
      fix: expect.stringContaining('port 0'),
    });
    expect((await other.listen({ host: '127.0.0.1', port: 0 })).port).not.toBe(port);
  });

  it.each([
    ['192.0.2.1', 0],
    ['127.0.0.1', 65_536],
    ['127.0.0.1', -1],
  ])('cannot do so on %s:%d', async (host, port) => {
    const server = createIndexServer({ store: EMPTY });
    await expect(server.listen({ host, port })).rejects.toMatchObject({
      code: 'cannot-listen',
      value: `${host}:${port}`,
    });
    await server.close();
  });
});

describe('A server with many clients', () => {
  it('serves 200 at once', async () => {
    const body = new Uint8Array(300 * 1024).map((_, index) => index % 251);
    const { port, lines, finished } = await serve({ store: await storeWith(body) });
    const replies = await Promise.all(Array.from({ length: 200 }, () => ask(port, { path: FILE_PATH })));
    expect(replies.filter(({ body: got }) => Buffer.compare(got, body) === 0).length).toBe(200);
    await finished(200);
    expect(lines.every(({ status, bytes }) => status === 200 && bytes === body.length)).toBe(true);
  });

  it('uses one connection for several requests', async () => {
    const { port, finished, lines } = await serve({ store: await storeWith(CHUNK) });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports = new Set<number | undefined>();
    for (const path of [FILE_PATH, '/nothing/here', '/simple/', '/simple', FILE_PATH]) {
      const response = await begin(port, { path, agent });
      ports.add(response.socket.localPort);
      await bodyOf(response);
    }
    expect(ports.size).toBe(1);
    await finished(5);
    expect(lines.map(({ status }) => status)).toEqual([200, 404, 404, 301, 200]);
  });

  it('gives a line for each request', async () => {
    const { port, finished, lines } = await serve({ store: await storeWith(CHUNK) });
    await ask(port, { path: `${FILE_PATH}?x`, headers: { range: 'bytes=0-9' } });
    await ask(port, { method: 'HEAD', path: FILE_PATH });
    await finished(2);
    expect(lines).toEqual([
      {
        method: 'GET',
        url: `${FILE_PATH}?x`,
        client: '127.0.0.1',
        status: 206,
        bytes: 10,
        milliseconds: expect.any(Number),
        isAborted: false,
      },
      expect.objectContaining({ method: 'HEAD', status: 200, bytes: 0, isAborted: false }),
    ]);
  });
});

describe('A server that closes', () => {
  it('lets a slow download finish, and takes no new connection', async () => {
    const mayEnd = signal();
    const store = new ScriptedStore(2 * CHUNK.length, async function* () {
      yield CHUNK;
      await mayEnd.given;
      yield CHUNK;
    });
    const { port, server, lines } = await serve({ store });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const response = await begin(port, { path: FILE_PATH, agent });
    await once(response, 'readable');

    const closed = server.close();
    await expect(ask(port, { path: FILE_PATH })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    mayEnd.give();
    expect((await bodyOf(response)).length).toBe(2 * CHUNK.length);
    await closed;
    expect(lines).toMatchObject([{ status: 200, isAborted: false }]);
  });

  it('ends connections on which nothing is asked at once', async () => {
    const { port, server } = await serve({ store: EMPTY });
    const [used, fresh] = [await dial(port), await dial(port)];
    used.write('GET /simple HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(used, 'data');
    const ended = Promise.all([once(used, 'close'), once(fresh, 'close')]);
    used.resume();
    fresh.resume();
    await server.close();
    await ended;
  });

  it('ends what takes longer than its patience', async () => {
    const mayEnd = signal();
    const store = new ScriptedStore(2 * CHUNK.length, async function* () {
      yield CHUNK;
      await mayEnd.given;
      yield CHUNK;
    });
    const { port, server, finished, lines } = await serve({ store, grace: 1 });
    const response = await begin(port, { path: FILE_PATH });
    const body = bodyOf(response);
    const failed = expect(body).rejects.toMatchObject({ code: 'ECONNRESET' });
    await server.close();
    await failed;
    mayEnd.give();
    await finished(1);
    expect(lines).toMatchObject([{ isAborted: true }]);
    expect(store.unclosed).toBe(0);
  });

  it('may be told so twice, and before it ever listened', async () => {
    const { server } = await serve({ store: EMPTY });
    await Promise.all([server.close(), server.close()]);
    await createIndexServer({ store: EMPTY }).close();
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A certificate for 127.0.0.1 that signs itself. */
function selfSigned(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'wheelstore-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '1',
  ];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

describe.skipIf(!hasOpenssl)('A server with a certificate (needs openssl)', () => {
  it('serves over TLS, and closes its idle connections too', async () => {
    const tls = selfSigned();
    const { url, server } = await serve({ store: await storeWith(CHUNK), tls });
    expect(url).toMatch(/^https:/);
    const agent = new HttpsAgent({ ca: tls.cert, keepAlive: true });
    onTestFinished(() => agent.destroy());
    const [response] = await once(httpsGet(`${url}${FILE_PATH}`, { agent }), 'response');
    expect((await bodyOf(response)).length).toBe(CHUNK.length);
    await server.close();
  });

  it('does not answer in plain text, and lives on', async () => {
    const { port, server } = await serve({ store: EMPTY, tls: selfSigned() });
    await expect(ask(port, { path: '/simple/' })).rejects.toThrow();
    const handshaking = await dial(port);
    handshaking.destroy();
    await server.close();
  });

  it('lets a download over TLS finish when it closes', async () => {
    const mayEnd = signal();
    const store = new ScriptedStore(2 * CHUNK.length, async function* () {
      yield CHUNK;
      await mayEnd.given;
      yield CHUNK;
    });
    const tls = selfSigned();
    const { url, server } = await serve({ store, tls });
    const [response] = await once(httpsGet(`${url}${FILE_PATH}`, { ca: tls.cert, agent: false }), 'response');
    await once(response, 'readable');
    const closed = server.close();
    mayEnd.give();
    expect((await bodyOf(response)).length).toBe(2 * CHUNK.length);
    await closed;
  });

  it('is refused where certificate and key do not belong together', () => {
    const [one, other] = [selfSigned(), selfSigned()];
    expect(() => createIndexServer({ store: EMPTY, tls: { cert: one.cert, key: other.key } })).toThrow(
      expect.objectContaining({ code: 'cannot-listen', message: expect.stringContaining('does not belong') }),
    );
  });

  it('is refused where the key is none', () => {
    const tls = { cert: selfSigned().cert, key: 'nonsense' };
    expect(() => createIndexServer({ store: EMPTY, tls })).toThrow(
      expect.objectContaining({ code: 'cannot-listen', message: expect.stringContaining('private key') }),
    );
  });
});

describe('A server with what is no certificate', () => {
  it.each(['', 'nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'is refused: %j',
    (cert) => {
      expect(() => createIndexServer({ store: EMPTY, tls: { cert, key: '' } })).toThrow(
        expect.objectContaining({ code: 'cannot-listen', message: expect.stringContaining('certificate') }),
      );
    },
  );
});
