import type { Client } from './client.ts';
import { configFolder, pathsOf, shownPath, variable, type Machine } from './machine.ts';
import { USER, urlWithPassword, type Source } from './source.ts';
import { addToToml, isTable, tableIn, tomlLines, type TomlTable } from './toml.ts';

export const uv: Client = {
  takes: ['extra', 'name'],
  parts: (source, machine) => [
    {
      kind: 'user',
      title: [
        `uv: in ${shownPath(machine, 'uv.toml', pathOf)}`,
        ...(source.isExtra
          ? [
              'uv asks this index first, and the public one for what it does not have. Of what it does have, no',
              'version comes from elsewhere, unless --index-strategy says so. A private package that is not',
              'published here yet comes from whoever has taken its name there (dependency confusion).',
            ]
          : []),
      ],
      lines: ['[[index]]', ...tomlLines(entryOf(source, urlWithPassword(source)))],
    },
    {
      kind: 'other',
      title: ['Or in the pyproject.toml of a project, without a secret:'],
      lines: ['[[tool.uv.index]]', ...tomlLines(entryOf(source, source.url.text))],
    },
    ...(source.password === undefined ? [] : [variablesOf(source, source.password)]),
  ],
  file: { path: pathOf, add, overriding: ['UV_NO_CONFIG', 'UV_DEFAULT_INDEX', 'UV_INDEX_URL'] },
};

function entryOf(
  { name, isExtra, password }: Source,
  url: string,
): Readonly<Record<string, string | boolean>> {
  return {
    name,
    url,
    ...(isExtra ? {} : { default: true }),
    // Says early that a token is missing. uv reads it from 0.6.6 on.
    ...(password === undefined ? {} : { authenticate: 'always' }),
  };
}

/** Where credentials for an index of this name can be. */
function variablesOf({ name }: Source, password: string) {
  const prefix = `UV_INDEX_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
  return {
    kind: 'other' as const,
    title: ['and the token in variables, or in a netrc:'],
    lines: [`export ${prefix}_USERNAME=${USER}`, `export ${prefix}_PASSWORD=${password}`],
  };
}

function pathOf(machine: Machine): string {
  return variable(machine, 'UV_CONFIG_FILE') ?? pathsOf(machine).join(configFolder(machine), 'uv', 'uv.toml');
}

function add(text: string, source: Source) {
  const entry = entryOf(source, urlWithPassword(source));
  return addToToml(text, {
    lines: ['[[index]]', ...tomlLines(entry)],
    compare: (table) => compare(table, source, entry),
    join: (table) => ({ ...table, index: [...indexesIn(table), entry] }),
  });
}

/** What decides whether two indexes are the same to uv. */
const DECIDING = ['name', 'url', 'default', 'explicit', 'authenticate'] as const;

function indexesIn({ index }: TomlTable): TomlTable[] {
  return Array.isArray(index) ? index.filter(isTable) : [];
}

function compare(table: TomlTable, source: Source, entry: Readonly<Record<string, unknown>>) {
  const place = (key: string) => ({ other: key });
  for (const one of indexesIn(table)) {
    if (DECIDING.every((key) => one[key] === entry[key])) return 'same';
    if (one['name'] === source.name) return place(`an index of the name ${source.name}`);
    if (!source.isExtra && one['default'] === true) return place('another index that is the default');
  }
  if (source.isExtra) return 'nothing';
  for (const [key, where] of [
    ['index-url', table],
    ['pip.index-url', tableIn(table, 'pip') ?? {}],
  ] as const) {
    if (Object.hasOwn(where, 'index-url')) return place(key);
  }
  return 'nothing';
}
