import type { RequestListener, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { lyingServer, rawServer } from '../../support/lying-server.ts';
import { clientFor } from './clients.ts';

const once = { attempts: 1 };

/** Writes for as long as anybody reads. */
const endless: RequestListener = (_, response) => {
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
  };
  response.on('drain', more);
  more();
};

async function failure(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => 'nothing was thrown',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

describe('a body without end', () => {
  it('is refused as a page and as a file, at the limit', async () => {
    const { url } = await lyingServer(endless);
    const { client, page, file } = clientFor(url);
    expect(await failure(page('/', 100_000))).toBe('invalid-page');
    expect(await failure(file('/', 100_000))).toBe('corrupt-file');
    expect(client.requests).toBe(2);
    expect(client.bytesReceived).toBeLessThan(400_000);
  });

  it('is not begun where it is announced', async () => {
    const { url } = await lyingServer((_, response) => {
      response.writeHead(200, { 'content-length': '1000000000000' });
      response.flushHeaders();
    });
    const { client, file } = clientFor(url);
    expect(await failure(file('/', 1000))).toBe('corrupt-file');
    expect(client.bytesReceived).toBe(0);
  });

  it('may have exactly as many bytes as it may have', async () => {
    const { url } = await lyingServer((_, response) => void response.end('12345'));
    const { page, file } = clientFor(url);
    expect((await page('/', 5))?.body.length).toBe(5);
    expect((await file('/', 5)).toString()).toBe('12345');
    expect(await failure(file('/', 4))).toBe('corrupt-file');
  });

  it('expands without end', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const { url } = await lyingServer((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(bomb);
    });
    expect(await failure(clientFor(url).page('/', 1_000_000))).toBe('invalid-page');
  });

  it('is not what it ends with for whoever stops reading', async () => {
    let closed: () => void = () => {};
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    const { url } = await lyingServer((request, response) => {
      response.on('close', closed);
      endless(request, response);
    });
    const { client } = clientFor(url);
    for await (const _ of client.file(new URL(url), Number.MAX_SAFE_INTEGER)) break;
    await isClosed;
  });
});

describe('a body that breaks off', () => {
  const half =
    (headers: Record<string, string>): RequestListener =>
    (_, response: ServerResponse) => {
      response.writeHead(200, headers);
      response.write('half');
      setImmediate(() => response.destroy());
    };

  it.each([
    ['before its announced end', { 'content-length': '8' }],
    ['before its last chunk', { 'transfer-encoding': 'chunked' }],
  ])('%s', async (_, headers) => {
    const { url } = await lyingServer(half(headers));
    const { page, file } = clientFor(url, { patience: once });
    expect(await failure(page())).toBe('unreachable');
    expect(await failure(file())).toBe('unreachable');
  });

  it('in the middle of its compression', async () => {
    const { url } = await lyingServer((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync('a page').subarray(0, 15));
    });
    expect(await failure(clientFor(url).page())).toBe('source-failed');
  });

  it.each([
    ['an encoding that nobody asked for', 'br'],
    ['an encoding of an encoding', 'gzip, gzip'],
  ])('has %s', async (_, encoding) => {
    const { url } = await lyingServer((__, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(gzipSync(gzipSync('a page')));
    });
    expect(await failure(clientFor(url).page())).toBe('source-failed');
  });
});

describe('a file', () => {
  it('is what was sent, whatever a server calls an encoding', async () => {
    const sdist = gzipSync('an sdist');
    const { url, requests } = await lyingServer((_, response) => {
      response.setHeader('content-encoding', 'x-gzip');
      response.end(sdist);
    });
    expect(await clientFor(url).file()).toEqual(sdist);
    expect(requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('that is not there is an error', async () => {
    const { url } = await lyingServer((_, response) => void response.writeHead(404).end());
    expect(await failure(clientFor(url).file())).toBe('not-found');
  });
});

describe('a slow body', () => {
  it('is given up when nothing comes', async () => {
    const { url } = await lyingServer((_, response) => {
      response.writeHead(200, { 'content-length': '8' });
      response.write('half');
    });
    const { file } = clientFor(url, { patience: { ...once, idle: 20 } });
    expect(await failure(file())).toBe('unreachable');
  });

  it('is given up when hardly anything comes', async () => {
    const { url } = await lyingServer((_, response) => {
      const timer = setInterval(() => response.write('x'), 2);
      response.on('close', () => clearInterval(timer));
    });
    const { file } = clientFor(url, { patience: { ...once, grace: 20, slowest: 1_000_000 } });
    expect(await failure(file())).toBe('unreachable');
  });

  it('is not the fault of a server whose reader is slow', async () => {
    const { url } = await lyingServer((_, response) => void response.end(Buffer.alloc(1_000_000)));
    const { client } = clientFor(url, {
      patience: { ...once, idle: 1_000, grace: 1_000, slowest: 1_000_000 },
    });
    let bytes = 0;
    for await (const piece of client.file(new URL(url), 1_000_000)) {
      // Longer than the server may take for all of it.
      if (bytes === 0) await pause(1_500);
      bytes += piece.length;
    }
    expect(bytes).toBe(1_000_000);
  });
});

describe('an answer that is none', () => {
  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.0\r\n'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['headers without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['nothing', ''],
  ])('%s', async (_, text) => {
    const { url } = await rawServer(text);
    expect(await failure(clientFor(url, { patience: once }).page())).toBe('unreachable');
  });
});
