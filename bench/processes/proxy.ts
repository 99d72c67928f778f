// A proxy in a process of its own, as far away as it is told: node proxy.mjs TARGET MILLISECONDS
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Traffic } from '../frame/proxy.ts';

const [target = '', latency = '0'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const connections = new Set<Socket>();

/** What went through since it was last asked, and the bytes of connections that are gone since. */
let requests = 0;
let roundTrips = 0;
/** The round trip of the last request that was answered. */
let answered = 0;
let gone = { sent: 0, received: 0 };

function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
  requests++;
  // What begins when something has been answered may have waited for it: the longest such chain counts.
  const depth = answered + 1;
  roundTrips = Math.max(roundTrips, depth);
  outgoing.on('finish', () => (answered = Math.max(answered, depth)));
  const { expect: _, ...headers } = incoming.headers;
  const { hostname, port } = new URL(target);
  setTimeout(() => {
    const onward = request(
      { hostname, port, agent, path: incoming.url, method: incoming.method, headers },
      (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
        response.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) onward.destroy();
    });
    incoming.pipe(onward);
  }, Number(latency));
}

function take(): Traffic {
  const { sent, received } = gone;
  const traffic = { requests, roundTrips, sent, received };
  for (const socket of connections) {
    traffic.sent += socket.bytesWritten;
    traffic.received += socket.bytesRead;
  }
  // Those that are still open have counted in what was taken.
  gone = { sent: 0, received: 0 };
  for (const socket of connections) {
    gone.sent -= socket.bytesWritten;
    gone.received -= socket.bytesRead;
  }
  requests = roundTrips = answered = 0;
  return traffic;
}

const server = createServer(forward);
server.keepAliveTimeout = 120_000;
server.on('connection', (socket) => {
  connections.add(socket);
  socket.on('close', () => {
    connections.delete(socket);
    gone.sent += socket.bytesWritten;
    gone.received += socket.bytesRead;
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('message', () => process.send?.(take()));
process.on('disconnect', () => process.exit(0));
