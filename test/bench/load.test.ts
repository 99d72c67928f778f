import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { putLoad } from '../../bench/processes/put-load.ts';

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it('asks as often as it is told, over all connections together', async () => {
  let requests = 0;
  const url = await serving((_, response) => {
    requests++;
    response.writeHead(200, { 'content-length': 3 }).end('abc');
  });
  const loaded = await putLoad({ url, headers: {}, end: { requests: 7 }, connections: 3, status: 200 });
  expect(loaded).toMatchObject({ answers: 7, bytes: 21 });
  expect(requests).toBe(7);
});

it('begins no request after its time, and counts those that are under way then', async () => {
  const long = 20;
  let requests = 0;
  const url = await serving((_, response) => {
    requests++;
    // Longer than all of it: each connection asks once.
    setTimeout(() => response.writeHead(200, { 'content-length': 3 }).end('abc'), 2 * long);
  });
  const end = { milliseconds: long };
  const loaded = await putLoad({ url, headers: {}, end, connections: 3, status: 200 });
  expect(loaded).toMatchObject({ answers: 3, bytes: 9 });
  expect(requests).toBe(3);
});

it('fails where the answer is another one', async () => {
  const url = await serving((_, response) => response.writeHead(404, { 'content-length': 0 }).end());
  const load = { url, headers: {}, end: { requests: 1 }, connections: 1, status: 200 };
  await expect(putLoad(load)).rejects.toThrow('answers 404');
});
