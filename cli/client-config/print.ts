import { printable, printSecret, type Terminal } from '../terminal.ts';
import type { Part } from './client.ts';

/** Writes lines that may hold the token which the person has given, to be put into a file. */
export async function printSecretLines(terminal: Terminal, lines: readonly string[]): Promise<void> {
  const shown = lines.map((line) => printable(line).replaceAll('\n', '\\n'));
  if (shown.length === 0) return;
  // Nothing is lost with them: whether it is a failure that nobody takes them, main.ts says, as of all lines.
  await printSecret(terminal, shown.join('\n')).catch(() => undefined);
}

/** The parts one after the other, with what is to be known of them as comments. */
export function linesOfParts(parts: readonly Part[], isWithoutComments: boolean): string[] {
  return parts.flatMap(({ title, lines, kind }, index) => [
    ...(index === 0 || isWithoutComments ? [] : ['']),
    ...(isWithoutComments ? [] : title.map((line) => `# ${line}`)),
    ...lines.map((line) => (kind === 'other' ? `#   ${line}` : line)),
  ]);
}
