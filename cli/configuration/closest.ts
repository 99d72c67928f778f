/** More changes than these, and it was another word. */
const MOST_CHANGES = 2;

/** The one of `known` that a person meant who has written `word`, if there is such. */
export function closest(word: string, known: readonly string[]): string | undefined {
  // Who could mean one of ours has written no more than this.
  if (word.length > 40) return undefined;
  const [best] = known
    .map((name) => ({ name, changes: changesBetween(plain(word), plain(name)) }))
    .sort((one, other) => one.changes - other.changes);
  return best !== undefined && best.changes <= MOST_CHANGES ? best.name : undefined;
}

/** Keys and variables are written in different ways. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** How many letters to add, to take away or to change (Levenshtein). */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column++) {
      const change = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
