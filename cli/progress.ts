import { count, formatBytes, type Terminal } from './terminal.ts';

const WIDTH = 30;

/** A bar that moves on a terminal, and is not there elsewhere. */
export class ProgressBar {
  readonly #terminal: Terminal;
  readonly #files: number;
  readonly #bytes: number;
  #done = 0;
  #shown = '';

  /** @param bytes in all */
  constructor(terminal: Terminal, files: number, bytes: number) {
    this.#terminal = terminal;
    this.#files = files;
    this.#bytes = bytes;
    this.#show();
  }

  /** @param bytes since the last call */
  advance(bytes: number): void {
    this.#done += bytes;
    this.#show();
  }

  /** Leaves the line free for other output. */
  clear(): void {
    if (this.#shown !== '') this.#terminal.err.write('\r\u001b[K');
    this.#shown = '';
  }

  #show(): void {
    if (!this.#terminal.isInteractive || this.#bytes === 0) return;
    const share = Math.min(1, this.#done / this.#bytes);
    const full = Math.round(share * WIDTH);
    const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
    const sizes = `${formatBytes(this.#done)} of ${formatBytes(this.#bytes)}`;
    const line = `${bar} ${Math.floor(share * 100)}%  ${sizes}, ${count(this.#files, 'file')}`;
    if (line === this.#shown) return;
    this.#terminal.err.write(`\r${line}\u001b[K`);
    this.#shown = line;
  }
}
