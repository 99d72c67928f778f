import { note, type Terminal } from './terminal.ts';

const WIDTH = 30;

/** In milliseconds. What takes less needs no sign of life in a log. */
const BETWEEN_LINES = 30_000;

/** A bar that moves on a terminal; elsewhere a line now and then, so that nobody takes it for dead. */
export class ProgressBar {
  readonly #terminal: Terminal;
  readonly #total: number;
  readonly #describe: (done: number) => string;
  #done = 0;
  #shown = '';
  #lastLine = performance.now();

  /**
   * @param total in whatever unit `advance` counts
   * @param describe says beside the bar how far it is
   */
  constructor(terminal: Terminal, total: number, describe: (done: number) => string) {
    this.#terminal = terminal;
    this.#total = total;
    this.#describe = describe;
    this.#show();
  }

  /** @param step since the last call */
  advance(step: number): void {
    this.#done += step;
    this.#show();
  }

  /** Leaves the line free for other output. */
  clear(): void {
    if (this.#shown !== '') this.#terminal.err.stream.write('\r\u001b[K');
    this.#shown = '';
  }

  #show(): void {
    if (this.#total === 0) return;
    if (!this.#terminal.isInteractive) return this.#showLine();
    const share = Math.min(1, this.#done / this.#total);
    const full = Math.round(share * WIDTH);
    const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
    const line = `${bar} ${Math.floor(share * 100)}%  ${this.#describe(this.#done)}`;
    if (line === this.#shown) return;
    this.#terminal.err.stream.write(`\r${line}\u001b[K`);
    this.#shown = line;
  }

  #showLine(): void {
    if (performance.now() - this.#lastLine < BETWEEN_LINES) return;
    this.#lastLine = performance.now();
    note(this.#terminal, this.#describe(this.#done));
  }
}
