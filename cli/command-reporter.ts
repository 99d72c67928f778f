import type { ReportEvent, Reporter } from '../core/reporter.ts';
import { ProgressBar } from './progress.ts';
import { count, formatBytes, note, type Terminal } from './terminal.ts';

/** After so many lost races with other publishers, the person is told why it takes long. */
const PATIENCE = 10;

/** Tells on the terminal how a command goes: a bar for a person, lines for a log. */
export class CommandReporter implements Reporter {
  readonly #terminal: Terminal;
  readonly #tellsWarnings: boolean;
  #bar: ProgressBar | undefined;
  /** Where nobody says how large anything is, files are counted. */
  #importingBytes = false;

  constructor(terminal: Terminal, { tellsWarnings = true } = {}) {
    this.#terminal = terminal;
    this.#tellsWarnings = tellsWarnings;
  }

  emit(event: ReportEvent): void {
    if (event.type === 'warning' && this.#tellsWarnings)
      this.#note(`warning: ${event.subject}: ${event.message}`);
    if (event.type === 'checking') {
      const shown = (done: number): string => `${done} of ${count(event.files, 'file')} checked`;
      this.#bar = new ProgressBar(this.#terminal, event.files, shown);
    }
    if (event.type === 'checked') this.#bar?.advance(1);
    if (event.type === 'retry' && event.attempt % PATIENCE === 0) {
      this.#note(`Others are changing ${event.project ?? 'the project list'} as well; trying again`);
    }
    if (event.type === 'sending' && event.files > 0) {
      this.#note(`Publishing ${count(event.files, 'file')} (${formatBytes(event.bytes)})`);
      const shown = (done: number): string => `${formatBytes(done)} of ${formatBytes(event.bytes)}`;
      this.#bar = new ProgressBar(this.#terminal, event.bytes, shown);
    }
    if (event.type === 'sent') this.#bar?.advance(event.bytes);
    if (event.type === 'importing' && event.files > 0) {
      const total = event.bytes === 0 ? count(event.files, 'file') : formatBytes(event.bytes);
      const shown = (done: number): string =>
        `${event.bytes === 0 ? done : formatBytes(done)} of ${total} imported`;
      this.#bar = new ProgressBar(this.#terminal, event.bytes === 0 ? event.files : event.bytes, shown);
      this.#importingBytes = event.bytes > 0;
    }
    if (event.type === 'imported') this.#bar?.advance(this.#importingBytes ? event.bytes : 1);
    if (event.type === 'walking') {
      const shown = event.unit === 'bytes' ? formatBytes : String;
      const total = event.unit === 'bytes' ? formatBytes(event.total) : count(event.total, 'project');
      this.#bar = new ProgressBar(this.#terminal, event.total, (done) => `${shown(done)} of ${total}`);
    }
    if (event.type === 'walked') this.#bar?.advance(event.by);
  }

  /** Takes the bar away when `work` ends, however it ends. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#bar?.clear();
      this.#bar = undefined;
    }
  }

  #note(text: string): void {
    this.#bar?.clear();
    note(this.#terminal, text);
  }
}
