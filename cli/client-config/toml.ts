import { parse, TomlError, type TomlTable } from 'smol-toml';
import { withLines, type Addition } from './addition.ts';

export type { TomlTable };

/** A table, where it is one. */
export function tableIn(table: TomlTable, key: string): TomlTable | undefined {
  const value = Object.hasOwn(table, key) ? table[key] : undefined;
  return isTable(value) ? value : undefined;
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** `key = "value"` for each entry. The values are texts that need no escapes, or switches. */
export function tomlLines(entries: Readonly<Record<string, string | boolean>>): string[] {
  return Object.entries(entries).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
}

/** What is to be in a TOML file. */
export interface Table {
  /** As they are added at the end. */
  readonly lines: readonly string[];
  /** What the file already says of it: nothing, the same, or something else, and where. */
  readonly compare: (table: TomlTable) => 'nothing' | 'same' | { readonly other: string };
  /** What the file says when it is in it as well. */
  readonly join: (table: TomlTable) => TomlTable;
}

/** Adds a table to a file that says nothing of it yet. */
export function addToToml(text: string, { lines, compare, join }: Table): Addition {
  const before = read(text);
  if (typeof before === 'string') return { refusal: before };
  const found = compare(before);
  if (found === 'same') return { text };
  if (found !== 'nothing') return { refusal: `says something else already: ${found.other}` };
  const added = withLines(text, lines);
  const after = read(added);
  return typeof after !== 'string' && plain(after) === plain(join(before))
    ? { text: added }
    : { refusal: `is written in a way that ${lines[0]} cannot be added at its end` };
}

function read(text: string): TomlTable | string {
  try {
    return parse(text, { maxDepth: 64, integersAsBigInt: 'asNeeded' });
  } catch (error) {
    // What it says shows the lines around, which may hold passwords.
    if (error instanceof TomlError) return `is no TOML (line ${error.line}, column ${error.column})`;
    throw error;
  }
}

/** The same text for what says the same, in whichever order its keys are. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join()}]`;
  if (!isTable(value)) return `${typeof value} ${JSON.stringify(String(value))}`;
  const entries = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${plain(one)}`);
  return `{${entries.sort().join()}}`;
}
