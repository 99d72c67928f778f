import { lineEndOf, withLines, type Addition } from './addition.ts';

/** A section of an INI file. */
interface Section {
  readonly values: Map<string, string>;
  /** Where its last line that says something ends. */
  end: number;
}

type Sections = ReadonlyMap<string, Section>;

interface Line {
  readonly text: string;
  /** Where it ends, with what ends it. */
  readonly end: number;
}

/** As Python reads text: CR, LF and CRLF all end a line. */
function linesOf(text: string): Line[] {
  return [...text.matchAll(/[^\r\n]*(?:\r\n|\n|\r|$)/g)]
    .filter(([line]) => line !== '')
    .map((found) => ({ text: found[0].replace(/[\r\n]+$/, ''), end: found.index + found[0].length }));
}

/**
 * The sections of a file, as Python's `configparser` reads it for pip: values go on in lines that are further
 * in, and what is there twice is a mistake.
 *
 * @returns a text that says what pip could not read
 */
function parse(text: string): Sections | string {
  const sections = new Map<string, Section>();
  let section: Section | undefined;
  let key: string | undefined;
  let indent = 0;
  for (const [number, line] of linesOf(text).entries()) {
    const said = line.text.trim();
    if (said === '' || /^[#;]/.test(said)) continue;
    const depth = line.text.search(/\S/);
    if (section !== undefined && key !== undefined && depth > indent) {
      section.values.set(key, `${section.values.get(key)}\n${said}`);
      section.end = line.end;
      continue;
    }
    indent = depth;
    const [, name] = /^\[([^\]]+)\][^\]]*$/.exec(said) ?? [];
    if (name !== undefined) {
      if (sections.has(name)) return `has two sections [${name}]`;
      section = { values: new Map(), end: line.end };
      sections.set(name, section);
      key = undefined;
      continue;
    }
    const [, option, value = ''] = /^([^[=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(said) ?? [];
    if (section === undefined || option === undefined) return `is no INI file (line ${number + 1})`;
    key = option.toLowerCase();
    if (section.values.has(key)) return `says ${key} twice (line ${number + 1})`;
    section.values.set(key, value);
    section.end = line.end;
  }
  return sections;
}

/** pip takes `Index_URL` for `index-url`. */
function plain(key: string): string {
  return key.replaceAll('_', '-').replace(/^--/, '');
}

/** Where a file says something about one of these keys: `[install] index-url`. */
function placeOf(sections: Sections, keys: readonly string[]): { place: string; value: string } | undefined {
  for (const [name, { values }] of sections) {
    for (const [key, value] of values) {
      if (keys.includes(plain(key))) return { place: `[${name}] ${key}`, value };
    }
  }
  return undefined;
}

/** What is to be in an INI file. */
export interface Setting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** Further keys that would decide about the same. */
  readonly rivals: readonly string[];
  /** Whether the value can be one of several, separated by white space. */
  readonly isList: boolean;
}

/** Adds a setting to a file that says nothing of it yet. */
export function addToIni(text: string, setting: Setting): Addition {
  const { section, key, value, rivals, isList } = setting;
  const before = parse(text);
  if (typeof before === 'string') return { refusal: before };
  const found = placeOf(before, [key]);
  if (found !== undefined) {
    const values = isList ? found.value.split(/\s+/) : [found.value];
    const isSame = found.place === `[${section}] ${key}` && values.includes(value);
    return isSame ? { text } : { refusal: `says something else already: ${found.place}` };
  }
  const rival = placeOf(before, rivals);
  if (rival !== undefined) return { refusal: `says something against it: ${rival.place}` };
  const added = inserted(text, before.get(section), setting);
  return isJustThat(before, parse(added), setting)
    ? { text: added }
    : { refusal: `is written in a way that nothing can be added to [${section}]` };
}

/** At the end of the section where there is one: it must not be there twice. */
function inserted(
  text: string,
  section: Section | undefined,
  { section: name, key, value }: Setting,
): string {
  const line = `${key} = ${value}`;
  if (section === undefined) return withLines(text, [`[${name}]`, line]);
  const [head, tail] = [text.slice(0, section.end), text.slice(section.end)];
  const end = lineEndOf(text);
  return `${head}${/[\r\n]$/.test(head) ? '' : end}${line}${end}${tail}`;
}

/** Whether one setting was added, and everything else is read as before. */
function isJustThat(before: Sections, after: Sections | string, { section, key, value }: Setting): boolean {
  if (typeof after === 'string') return false;
  const expected = new Map([...before].map(([name, { values }]) => [name, new Map(values)]));
  expected.set(section, (expected.get(section) ?? new Map<string, string>()).set(key, value));
  const flat = (all: Iterable<readonly [string, ReadonlyMap<string, string>]>): string =>
    JSON.stringify([...all].map(([name, values]) => [name, [...values]]));
  return flat(expected) === flat([...after].map(([name, { values }]) => [name, values] as const));
}
