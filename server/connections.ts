import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of a server: which there are, and which of them owe a response. */
export class Connections {
  /** Those that requests come on: with TLS, not before the handshake is done. */
  readonly #open = new Set<Socket>();
  readonly #busy = new Set<Socket>();
  /** Those of TCP, with TLS inside or not. */
  readonly #accepted = new Set<Socket>();
  #isClosing = false;

  constructor(server: HttpServer, isTls: boolean) {
    server.on('connection', (socket: Socket) => remember(this.#accepted, socket));
    server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
      remember(this.#open, socket);
      // What was accepted last may arrive after closing began.
      if (this.#isClosing) socket.destroy();
    });
    server.on('request', ({ socket }, response: ServerResponse) => {
      this.#busy.add(socket);
      response.once('close', () => {
        this.#busy.delete(socket);
        if (this.#isClosing) socket.destroySoon();
      });
    });
  }

  /** Ends every connection: at once where no request is under way, else after its response. */
  closeWhenIdle(): void {
    this.#isClosing = true;
    for (const socket of this.#open) if (!this.#busy.has(socket)) socket.destroy();
  }

  /** Ends every connection at once. */
  destroy(): void {
    for (const socket of [...this.#open, ...this.#accepted]) socket.destroy();
  }
}

function remember(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}
