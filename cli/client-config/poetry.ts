import type { Client, Part } from './client.ts';
import { absolute, applicationSupport, configFolder, pathsOf, shownPath, type Machine } from './machine.ts';
import { USER, type Source } from './source.ts';
import { addToToml, tableIn, tomlLines, type TomlTable } from './toml.ts';

/** Where poetry keeps passwords, by the name of their source. */
const TABLE = 'http-basic';

/** poetry has its sources in the project, and their passwords with the user. */
export const poetry: Client = {
  takes: ['extra', 'name'],
  parts: (source, machine) => [
    sourceOf(source),
    ...(source.password === undefined ? [] : passwordsOf(source, source.password, machine)),
  ],
  file: { path: pathOf, add, overriding: [] },
  isForTokenAlone: true,
};

function sourceOf({ name, url, isExtra }: Source): Part {
  const priority = isExtra ? 'explicit' : 'primary';
  return {
    kind: 'project',
    title: [
      'poetry: in the pyproject.toml of the project',
      ...(isExtra
        ? [
            `Used for nothing but packages that name it: poetry add --source ${name} PACKAGE. A private package`,
            'that does not is looked for on the public index alone, and comes from whoever has taken its name',
            'there (dependency confusion).',
          ]
        : ['From 1.8 on, poetry does not ask the public index beside a primary source; older ones do.']),
    ],
    lines: ['[[tool.poetry.source]]', ...tomlLines({ name, url: url.text, priority })],
  };
}

function passwordsOf(source: Source, password: string, machine: Machine): Part[] {
  const prefix = `POETRY_HTTP_BASIC_${source.name.toUpperCase().replaceAll('-', '_')}`;
  return [
    {
      kind: 'user',
      title: [`and in ${shownPath(machine, 'auth.toml', pathOf)}`],
      lines: linesOf(source, password),
    },
    {
      kind: 'other',
      title: ['Or the token in variables, as in CI:'],
      lines: [`export ${prefix}_USERNAME=${USER}`, `export ${prefix}_PASSWORD=${password}`],
    },
  ];
}

function linesOf({ name }: Source, password: string): string[] {
  return [`[${TABLE}.${name}]`, ...tomlLines({ username: USER, password })];
}

function pathOf(machine: Machine): string {
  const { join } = pathsOf(machine);
  const folder = absolute(machine, 'POETRY_CONFIG_DIR');
  if (folder !== undefined) return join(folder, 'auth.toml');
  const all = machine.platform === 'darwin' ? applicationSupport(machine) : configFolder(machine);
  return join(all, 'pypoetry', 'auth.toml');
}

function add(text: string, source: Source) {
  const { name, password = '' } = source;
  const entry = { username: USER, password };
  const all = (table: TomlTable): TomlTable => tableIn(table, TABLE) ?? {};
  return addToToml(text, {
    lines: linesOf(source, password),
    compare: (table) => {
      if (!Object.hasOwn(all(table), name)) return 'nothing';
      const found = tableIn(all(table), name) ?? {};
      const isSame = found['username'] === USER && found['password'] === password;
      return isSame ? 'same' : { other: `[${TABLE}.${name}]` };
    },
    join: (table) => ({ ...table, [TABLE]: { ...all(table), [name]: entry } }),
  });
}
