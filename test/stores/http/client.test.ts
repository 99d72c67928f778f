import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isCertificateMissing, makeCertificate } from '../../support/certificate.ts';
import {
  lyingServer,
  lyingTlsServer,
  oneAfterTheOther,
  redirect,
  silentServer,
  status,
} from '../../support/lying-server.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { clientFor } from './clients.ts';

const BODY = '<html>page</html>';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a page', () => {
  it('is fetched with its type, from where it was in the end', async () => {
    const { url, requests } = await lyingServer((request, response) => {
      if (request.url === '/old') return redirect('/new')(request, response);
      response.setHeader('content-type', 'text/html; charset=utf-8');
      return response.end(BODY);
    });
    const { client, page } = clientFor(url);
    const found = await page('/old');
    expect(found?.url.href).toBe(`${url}/new`);
    expect(found?.contentType).toBe('text/html; charset=utf-8');
    expect(Buffer.from(found?.body ?? '').toString()).toBe(BODY);
    expect([client.requests, client.bytesReceived]).toEqual([2, BODY.length]);
    const [first] = requests;
    expect(first?.headers).toMatchObject({
      accept: 'text/html',
      'accept-encoding': 'gzip, deflate',
      'user-agent': 'wheelstore/test',
    });
    expect(first?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['gzip', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['identity', Buffer.from(BODY)],
  ])('is unpacked from %s', async (encoding, bytes) => {
    const { url } = await lyingServer((_, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(bytes);
    });
    const { client, page } = clientFor(url);
    expect(Buffer.from((await page())?.body ?? '').toString()).toBe(BODY);
    expect(client.bytesReceived).toBe(bytes.length);
  });

  it.each([404, 410])('is not there: %i', async (code) => {
    const { url } = await lyingServer(status(code));
    expect(await clientFor(url).page()).toBeUndefined();
  });

  it.each([
    [403, 'access-denied', 1],
    [400, 'source-failed', 1],
    [204, 'source-failed', 1],
    [304, 'source-failed', 1],
    [501, 'source-failed', 1],
    [500, 'source-failed', 5],
    [503, 'source-failed', 5],
    [429, 'source-failed', 5],
  ])('is an error: %i', async (code, error, attempts) => {
    const { url, requests } = await lyingServer(status(code));
    await expect(clientFor(url).page()).rejects.toMatchObject({ code: error });
    expect(requests).toHaveLength(attempts);
  });

  it('comes over one connection after the other', async () => {
    const ports = new Set<number | undefined>();
    const { url } = await lyingServer((request, response) => {
      ports.add(request.socket.remotePort);
      if (request.url === '/none') response.writeHead(404);
      response.end(BODY);
    });
    const { page } = clientFor(url);
    for (const path of ['/a', '/none', '/b']) await page(path);
    expect(ports.size).toBe(1);
  });

  it('waits for a free connection without being late', async () => {
    const { url, requests } = await lyingServer((_, response) => void setImmediate(() => response.end(BODY)));
    const { page } = clientFor(url, { sockets: 1, patience: { connect: 2_000, idle: 2_000, attempts: 1 } });
    const pages = await Promise.all(Array.from({ length: 20 }, (_, index) => page(`/${index}`)));
    expect([pages.length, requests.length]).toEqual([20, 20]);
  });
});

describe('an answer on a connection that is used again', () => {
  it('may take longer than a connection may', async () => {
    const { url } = await lyingServer((request, response) => {
      // The second one waits for the first, and gets its connection without being told that it is an old one.
      setTimeout(() => response.end(BODY), request.url === '/slow' ? 1_300 : 0);
    });
    const { page, client } = clientFor(url, { sockets: 1, patience: { connect: 1_000, attempts: 1 } });
    const [first, second] = await Promise.all([page('/'), page('/slow')]);
    expect([first?.body.length, second?.body.length, client.requests]).toEqual([BODY.length, BODY.length, 2]);
  });
});

describe('what fails in passing', () => {
  const page = (_: unknown, response: { end(body: string): unknown }) => void response.end(BODY);

  it('is asked for again, after pauses that grow', async () => {
    const { url, requests } = await lyingServer(
      oneAfterTheOther(status(503), status(500), status(502), page),
    );
    const { page: fetch, pauses, client } = clientFor(url);
    expect((await fetch())?.body.length).toBe(BODY.length);
    expect(pauses).toEqual([250, 500, 1000]);
    expect([requests.length, client.requests]).toEqual([4, 4]);
  });

  it('is asked for when the server wants to be, within reason', async () => {
    const soon = new Date(Date.now() + 30_000).toUTCString();
    const answers = [
      { 'retry-after': '7' },
      { 'retry-after': '86400' },
      { 'retry-after': soon },
      { 'retry-after': 'soon' },
    ];
    const { url } = await lyingServer(
      oneAfterTheOther(...answers.map((headers) => status(429, headers)), page),
    );
    const { page: fetch, pauses } = clientFor(url);
    await fetch();
    expect([pauses[0], pauses[1], pauses[3]]).toEqual([7_000, 120_000, 2_000]);
    expect(pauses[2]).toBeGreaterThan(20_000);
    expect(pauses[2]).toBeLessThanOrEqual(30_000);
  });

  it('may be a connection that is closed', async () => {
    const { url } = await lyingServer(oneAfterTheOther((request) => request.socket.destroy(), page));
    expect(await clientFor(url).page()).toBeDefined();
  });

  it('may be a body that breaks off', async () => {
    const broken = (_: unknown, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setImmediate(() => response.destroy());
    };
    const { url } = await lyingServer(oneAfterTheOther(broken, page));
    expect((await clientFor(url).page())?.body.length).toBe(BODY.length);
  });

  it('is not waited for when a person wants to stop', async () => {
    const abort = new AbortController();
    const { url } = await lyingServer(() => abort.abort());
    const pacing = { wait: () => Promise.resolve(), random: () => 0, signal: abort.signal };
    await expect(clientFor(url, { pacing }).page()).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('what cannot be reached', () => {
  it('is nobody listening', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { page } = clientFor(url);
    const error = await page().catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('attempt 5') as string,
    });
    expect((error as Error).message).toContain(new URL(url).host);
  });

  it('is a name that nobody knows', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const { page, pauses } = clientFor('https://gone.example/', { resolve });
    await expect(page()).rejects.toMatchObject({ code: 'unreachable', value: 'https://gone.example/' });
    expect(pauses).toEqual([]);
  });

  it('is a server that says nothing', async () => {
    const { url } = await silentServer();
    const { page, pauses } = clientFor(url, { patience: { idle: 20, attempts: 2 } });
    await expect(page()).rejects.toMatchObject({ code: 'unreachable' });
    expect(pauses).toHaveLength(1);
  });

  it('is one that does not speak TLS', async () => {
    const { port } = await lyingServer(status(200));
    const { page } = clientFor(`https://127.0.0.1:${port}`);
    const error = await page().catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining('TLS') as string });
  });

  it('is one whose TLS never comes to an end', async () => {
    const { port } = await silentServer();
    const { page } = clientFor(`https://127.0.0.1:${port}`, { patience: { connect: 20, attempts: 1 } });
    await expect(page()).rejects.toMatchObject({ code: 'unreachable' });
  });

  it.skipIf(isCertificateMissing())(
    'is one whose certificate nobody vouches for (needs openssl)',
    async () => {
      const certificate = makeCertificate(temporaryFolder(), 'IP:127.0.0.1');
      const { url, requests } = await lyingTlsServer(certificate, (_, response) => void response.end(BODY));
      const { page, pauses } = clientFor(url);
      const error = await page().catch((failure: unknown) => failure);
      expect(error).toMatchObject({
        code: 'unreachable',
        fix: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
      });
      expect([requests.length, pauses]).toEqual([0, []]);
      expect(await clientFor(url, { ca: certificate.cert }).page()).toBeDefined();
    },
  );
});
