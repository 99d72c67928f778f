import process from 'node:process';
import { createColors } from 'picocolors';

/** Where a command writes, and how. Results go to `out`; everything else goes to `err`. */
export interface Terminal {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  /** Whether `err` is a terminal with a person before it, who may be shown a moving progress bar. */
  readonly isInteractive: boolean;
  readonly colors: ReturnType<typeof createColors>;
}

/** The terminal of this process. Colour follows NO_COLOR, FORCE_COLOR and whether `err` is a terminal. */
export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  const isTerminal = stderr.isTTY && env['TERM'] !== 'dumb';
  const wantsColor = !env['NO_COLOR'] && (env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : isTerminal);
  return {
    out: stdout,
    err: stderr,
    isInteractive: isTerminal && !env['CI'],
    colors: createColors(wantsColor),
  };
}

/** Writes a line of results. */
export function printLine(terminal: Terminal, text = ''): void {
  terminal.out.write(`${printable(text)}\n`);
}

/** Writes a line about the work. */
export function note(terminal: Terminal, text = ''): void {
  terminal.err.write(`${printable(text)}\n`);
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out.write(`${JSON.stringify(value, null, 2)}\n`);
}

/**
 * A text from outside can hold codes that a terminal obeys. All control characters but line ends are
 * shown instead; so are those that turn the direction of text. Our own colours stay.
 */
export function printable(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex
    /\u001b\[\d{1,3}m|[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (found) => (found.length > 1 ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/** A size for people: `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  for (; size >= 999.5 && unit < units.length - 1; unit++) size /= 1000;
  return `${unit === 0 || size >= 99.5 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** `1 file`, `2 files`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
