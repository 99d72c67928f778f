/** What comes of adding something to the text of a file: the new text, or why there is none. */
export type Addition = { readonly text: string } | { readonly refusal: string };

/** How lines end in a text: as the first one does. */
export function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

/** The text with lines at its end, after an empty one. What was there stays as it is. */
export function withLines(text: string, lines: readonly string[]): string {
  const end = lineEndOf(text);
  const gap = text === '' || text.endsWith('\n') ? '' : end;
  const empty = text.trim() === '' ? '' : end;
  return `${text}${gap}${empty}${lines.map((line) => `${line}${end}`).join('')}`;
}
