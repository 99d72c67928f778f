import process from 'node:process';
import { createColors } from 'picocolors';
import { maskSecrets } from '../core/access/mask.ts';

/** One of the two streams that a command writes to. */
export interface Output {
  readonly stream: NodeJS.WritableStream;
  readonly hasColors: boolean;
}

/** Where a command writes, and how. Results go to `out`; everything else goes to `err`. */
export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  /** Whether `err` is a terminal with a person before it, who may be shown a moving progress bar. */
  readonly isInteractive: boolean;
  /** Whether stack traces are wanted. */
  readonly isDebugging: boolean;
}

type Style = 'bold' | 'green' | 'red' | 'yellow';

/** A part of a line: plain text, or text in a style. */
export type Piece = string | { readonly style: Style; readonly text: string };

export const styled = (style: Style, text: string): Piece => ({ style, text });

/** The terminal of this process. Colour follows NO_COLOR, FORCE_COLOR and where each stream goes. */
export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  const isTerminal = (stream: { isTTY?: boolean }): boolean =>
    stream.isTTY === true && env['TERM'] !== 'dumb';
  const wantsColors = (stream: { isTTY?: boolean }): boolean =>
    !env['NO_COLOR'] && (env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : isTerminal(stream));
  return {
    out: { stream: stdout, hasColors: wantsColors(stdout) },
    err: { stream: stderr, hasColors: wantsColors(stderr) },
    isInteractive: isTerminal(stderr) && !env['CI'],
    isDebugging: process.argv.includes('--debug'),
  };
}

/** Writes a line of results. */
export function printLine(terminal: Terminal, ...pieces: readonly Piece[]): void {
  writeLine(terminal.out, pieces);
}

/** Writes a line about the work. */
export function note(terminal: Terminal, ...pieces: readonly Piece[]): void {
  writeLine(terminal.err, pieces);
}

function writeLine({ stream, hasColors }: Output, pieces: readonly Piece[]): void {
  const colors = createColors(hasColors);
  const shown = pieces.map((piece) =>
    typeof piece === 'string' ? onOneLine(piece) : colors[piece.style](onOneLine(piece.text)),
  );
  stream.write(`${shown.join('')}\n`);
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out.stream.write(`${maskSecrets(asJson(value))}\n`);
}

function asJson(value: unknown): string {
  // What `printable` makes of a text is an escape in JSON as well.
  return printable(JSON.stringify(value, null, 2));
}

/**
 * Writes a line of results as it is, or JSON, with a secret in it that its reader is to have. All else that
 * is ever written goes through `maskSecrets`.
 *
 * @throws what the stream says where nobody takes it
 */
export async function printSecret({ out }: Terminal, secret: string | object): Promise<void> {
  const text = typeof secret === 'string' ? secret : asJson(secret);
  await new Promise<void>((resolve, reject) => {
    out.stream.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/** Writes what somebody else has worded and set, such as the help. */
export function writeText({ stream }: Output, text: string): void {
  stream.write(maskSecrets(text));
}

/**
 * A text from outside can hold codes that a terminal obeys. All control characters but line ends are
 * shown instead; so are those that turn the direction of text.
 */
export function printable(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

// A line end in a text from outside could begin a line that looks like ours.
function onOneLine(text: string): string {
  return printable(maskSecrets(text)).replaceAll('\n', '\\n');
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
