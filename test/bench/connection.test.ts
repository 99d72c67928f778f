import { createServer, type RequestListener } from 'node:http';
import { createServer as createSocketServer, type AddressInfo, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Connection } from '../../bench/processes/connection.ts';

async function listening(server: Server): Promise<Connection> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const connection = new Connection(new URL(`http://127.0.0.1:${port}/page?x`), { accept: 'text/html' });
  onTestFinished(async () => {
    connection.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return connection;
}

/** @returns a connection to a server, and how many connections that has seen */
async function connected(listener: RequestListener): Promise<[Connection, () => number]> {
  let connections = 0;
  const server = createServer(listener).on('connection', () => connections++);
  return [await listening(server), () => connections];
}

it('keeps its connection, and counts the body', async () => {
  const [connection, connections] = await connected(({ url, headers }, response) => {
    const body = `${url} ${headers.accept} `.padEnd(200_000);
    response.writeHead(200, { 'content-length': body.length }).end(body);
  });
  for (let i = 0; i < 3; i++) expect(await connection.ask()).toEqual({ status: 200, length: 200_000 });
  expect(connections()).toBe(1);
});

it('waits for no body of a 304', async () => {
  const [connection] = await connected((_, response) => response.writeHead(304).end());
  for (let i = 0; i < 2; i++) expect(await connection.ask()).toEqual({ status: 304, length: 0 });
});

it('takes another connection where the server ends it', async () => {
  const [connection, connections] = await connected((_, response) => {
    response.writeHead(200, { connection: 'close', 'content-length': 2 }).end('ok');
  });
  for (let i = 0; i < 2; i++) expect(await connection.ask()).toEqual({ status: 200, length: 2 });
  expect(connections()).toBe(2);
});

it.each([
  ['HTTP/1.0 200 OK\r\n\r\nbody', { status: 200, length: 4 }],
  ['HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc', { status: 200, length: 3 }],
])('reads an answer of an old server: %j', async (text, answer) => {
  const connection = await listening(
    createSocketServer((socket) => socket.once('data', () => socket.end(text))),
  );
  for (let i = 0; i < 2; i++) expect(await connection.ask()).toEqual(answer);
});

it.each(['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', 'nonsense\r\n\r\n', ''])(
  'fails where there is no whole answer: %j',
  async (text) => {
    const connection = await listening(
      createSocketServer((socket) => socket.once('data', () => socket.end(text))),
    );
    await expect(connection.ask()).rejects.toThrow();
  },
);
