import { WheelstoreError } from '../../core/errors.ts';
import { confusionWarning, type Client } from './client.ts';
import {
  absolute,
  applicationSupport,
  configFolder,
  pathsOf,
  shownPath,
  variable,
  type Machine,
} from './machine.ts';
import { USER, type Source } from './source.ts';
import { addToToml, tableIn, tomlLines, type TomlTable } from './toml.ts';

/** What pdm keeps of its indexes in its configuration, and how it calls the one that is always there. */
const TABLE = 'pypi';

/** Settings beside the tables of further indexes, which therefore can have no such names. */
const SETTINGS = [
  'url',
  'verify_ssl',
  'username',
  'password',
  'ca_certs',
  'client_cert',
  'client_key',
  'ignore_stored_index',
  'json_api',
];

export const pdm: Client = {
  takes: ['extra', 'name'],
  parts: (source, machine) => {
    refuseName(source);
    return [
      {
        kind: 'user',
        title: [
          `pdm: in ${shownPath(machine, 'config.toml', pathOf)}`,
          ...(source.isExtra ? confusionWarning('pdm') : []),
        ],
        lines: linesOf(source),
      },
      {
        kind: 'other',
        title: ['Or in the pyproject.toml of a project, with the token in a variable:'],
        lines: projectLinesOf(source),
      },
    ];
  },
  file: { path: pathOf, add, overriding: ['PDM_PYPI_URL', 'PDM_PYPI_USERNAME', 'PDM_PYPI_PASSWORD'] },
};

/** @throws {WheelstoreError} `usage` */
function refuseName({ name, isExtra }: Source): void {
  if (!isExtra || !SETTINGS.includes(name)) return;
  throw new WheelstoreError('usage', `pdm has a setting "${name}", so no index of it can have that name`, {
    value: name,
    fix: 'Choose another --name.',
  });
}

/** pdm replaces variables in the credentials of a URL. A source of the name `pypi` stands for the public index. */
function projectLinesOf({ name, url, isExtra, password }: Source): string[] {
  const address = url.text.replace('://', `://${USER}:\${WHEELSTORE_TOKEN}@`);
  return [
    '[[tool.pdm.source]]',
    ...tomlLines({ name: isExtra ? name : TABLE, url: password === undefined ? url.text : address }),
    ...(isExtra ? ['include_packages = ["acme-*"]  # these come from here and from nowhere else'] : []),
  ];
}

function entryOf({ url, password }: Source): Readonly<Record<string, string>> {
  return { url: url.text, ...(password === undefined ? {} : { username: USER, password }) };
}

function linesOf(source: Source): string[] {
  return [source.isExtra ? `[${TABLE}.${source.name}]` : `[${TABLE}]`, ...tomlLines(entryOf(source))];
}

function pathOf(machine: Machine): string {
  const { join } = pathsOf(machine);
  const named = variable(machine, 'PDM_CONFIG_FILE');
  if (named !== undefined) return named;
  if (machine.platform === 'win32') {
    return join(
      absolute(machine, 'LOCALAPPDATA') ?? join(configFolder(machine), '..', 'Local'),
      'pdm',
      'pdm',
      'config.toml',
    );
  }
  const all = machine.platform === 'darwin' ? applicationSupport(machine) : configFolder(machine);
  return join(all, 'pdm', 'config.toml');
}

function add(text: string, source: Source) {
  const entry = entryOf(source);
  const all = (table: TomlTable): TomlTable => tableIn(table, TABLE) ?? {};
  const { name, isExtra } = source;
  return addToToml(text, {
    lines: linesOf(source),
    compare: (table) => {
      const found = isExtra ? all(table)[name] : all(table);
      const told = isExtra ? tableIn(all(table), name) : tableIn(table, TABLE);
      if (found === undefined || told === undefined) return 'nothing';
      const keys = Object.keys(told).filter((key) => ['url', 'username', 'password'].includes(key));
      if (keys.length === 0 && !isExtra) return 'nothing';
      const isSame =
        keys.length === Object.keys(entry).length && keys.every((key) => told[key] === entry[key]);
      return isSame ? 'same' : { other: linesOf(source)[0] ?? '' };
    },
    join: (table) => ({
      ...table,
      [TABLE]: { ...all(table), ...(isExtra ? { [name]: entry } : entry) },
    }),
  });
}
