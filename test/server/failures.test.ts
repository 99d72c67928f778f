import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import { ask, begin, bodyOf, dial, FILE_PATH, ScriptedStore, serve, signal } from './serving.ts';

const CHUNK = new Uint8Array(64 * 1024);
const GIGABYTE = 2 ** 30;

async function* endless(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < GIGABYTE; sent += CHUNK.length) yield CHUNK;
}

function failingOpen(error: unknown) {
  return { open: () => Promise.reject(error) };
}

describe('A store that fails', () => {
  const failures: [what: string, error: unknown, status: number][] = [
    ['a failure that the store reports', new WheelstoreError('unreadable', 'secret /etc/path'), 503],
    ['a key that no store can hold', new WheelstoreError('invalid-key', 'secret /etc/path'), 404],
    ['a defect', new TypeError('secret /etc/path'), 500],
    ['something that is no error', 'secret /etc/path', 500],
  ];

  it.each(failures)('makes of %s a response that tells nothing of it', async (_what, error, status) => {
    const { port, finished, lines } = await serve({ store: failingOpen(error) });
    const reply = await ask(port, { path: FILE_PATH });
    expect(reply.status).toBe(status);
    expect(JSON.stringify(reply.headers) + String(reply.body)).not.toMatch(/secret|path|stack/);
    expect(reply.headers['cache-control']).toBe('no-store');
    await finished(1);
    expect(lines[0]).toMatchObject({ status, isAborted: false });
    expect(lines[0]?.error).toBe(status === 404 ? undefined : error);
  });

  it('has no body for HEAD either', async () => {
    const { port } = await serve({ store: failingOpen(new Error('broken')) });
    const reply = await ask(port, { method: 'HEAD', path: FILE_PATH });
    expect([reply.status, reply.body.length]).toEqual([500, 0]);
  });

  it('in the middle of a file breaks the connection, so that no client takes a part for the whole', async () => {
    const failure = new WheelstoreError('unreadable', 'the disk is gone');
    const store = new ScriptedStore(GIGABYTE, async function* () {
      yield CHUNK;
      throw failure;
    });
    const { port, finished, lines } = await serve({ store });
    const response = await begin(port, { path: FILE_PATH });
    await expect(bodyOf(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await finished(1);
    expect(lines[0]).toMatchObject({ status: 200, bytes: CHUNK.length, error: failure, isAborted: false });
    expect(store.unclosed).toBe(0);
  });

  it('by ending early breaks the connection too', async () => {
    const store = new ScriptedStore(CHUNK.length + 1, async function* () {
      yield CHUNK;
    });
    const { port, finished, lines } = await serve({ store });
    const response = await begin(port, { path: FILE_PATH });
    await expect(bodyOf(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await finished(1);
    expect(lines[0]?.error).toBeInstanceOf(Error);
    expect(store.unclosed).toBe(0);
  });

  it('does not harm the next request', async () => {
    let isBroken = true;
    const { port } = await serve({
      store: {
        open: async () => {
          if (isBroken) throw new Error('broken');
          return undefined;
        },
      },
    });
    expect((await ask(port, { path: FILE_PATH })).status).toBe(500);
    isBroken = false;
    expect((await ask(port, { path: FILE_PATH })).status).toBe(404);
  });
});

describe('A client that leaves', () => {
  it('in the middle of a file frees the object, and was never sent more than it took', async () => {
    const store = new ScriptedStore(GIGABYTE, endless);
    const { port, finished, lines } = await serve({ store });
    const response = await begin(port, { path: FILE_PATH });
    await once(response, 'readable');
    response.destroy();
    await store.closed.given;
    await finished(1);
    expect(store.unclosed).toBe(0);
    expect(store.read).toBeLessThan(GIGABYTE / 8);
    expect(lines[0]).toMatchObject({ status: 200, isAborted: true });
    expect(lines[0]?.error).toBeUndefined();
  });

  it('before the object is open frees it as well', async () => {
    const [asked, mayOpen] = [signal(), signal()];
    const store = new ScriptedStore(GIGABYTE, endless, () => {
      asked.give();
      return mayOpen.given;
    });
    const { port, finished, lines } = await serve({ store });
    const socket = await dial(port);
    socket.write(`GET ${FILE_PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await asked.given;
    socket.resetAndDestroy();
    await once(socket, 'close');
    mayOpen.give();
    await finished(1);
    expect(store.unclosed).toBe(0);
    expect(lines[0]).toMatchObject({ isAborted: true });
    expect(lines[0]?.error).toBeUndefined();
  });

  it('in the middle of its own request does no harm', async () => {
    const { port } = await serve({ store: failingOpen(new Error('never')) });
    const socket = await dial(port);
    socket.write('POST /simple/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc');
    await once(socket, 'data');
    socket.resetAndDestroy();
    await once(socket, 'close');
    expect((await ask(port, { path: '/simple' })).status).toBe(301);
  });
});
