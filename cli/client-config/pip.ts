import { addToIni } from './ini.ts';
import { confusionWarning, type Client } from './client.ts';
import {
  absolute,
  applicationSupport,
  configFolder,
  homeOf,
  pathsOf,
  shownPath,
  variable,
  type Machine,
} from './machine.ts';
import { urlWithPassword, type Source } from './source.ts';

/** pip reads values as they are (`RawConfigParser`), so a `%` in a URL needs nothing. */
export const pip: Client = {
  takes: ['extra'],
  parts: (source, machine) => [
    {
      kind: 'user',
      title: [
        `pip: in ${shownPath(machine, 'pip.conf', pathOf)}`,
        ...(source.isExtra ? confusionWarning('pip') : []),
      ],
      lines: ['[global]', `${keyOf(source)} = ${urlWithPassword(source)}`],
    },
    {
      kind: 'other',
      title: ['Or in a variable, as in CI:'],
      lines: [`export ${variableOf(source)}=${urlWithPassword(source)}`],
    },
  ],
  file: {
    path: pathOf,
    add: (text, source) =>
      addToIni(text, {
        section: 'global',
        key: keyOf(source),
        value: urlWithPassword(source),
        // With the other index beside it, the one that is added would not be the only one.
        rivals: source.isExtra ? ['no-index'] : ['extra-index-url', 'no-index'],
        isList: source.isExtra,
      }),
    overriding: ['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'PIP_NO_INDEX'],
  },
};

function keyOf({ isExtra }: Source): string {
  return isExtra ? 'extra-index-url' : 'index-url';
}

function variableOf(source: Source): string {
  return `PIP_${keyOf(source).toUpperCase().replaceAll('-', '_')}`;
}

/** Where `pip config set` writes: the file that is named, that of the virtual environment if it has one, the user's. */
function pathOf(machine: Machine): string {
  const { join } = pathsOf(machine);
  const named = variable(machine, 'PIP_CONFIG_FILE');
  if (named !== undefined) return named;
  const name = machine.platform === 'win32' ? 'pip.ini' : 'pip.conf';
  const environment = absolute(machine, 'VIRTUAL_ENV');
  const ofEnvironment = environment === undefined ? undefined : join(environment, name);
  if (ofEnvironment !== undefined && machine.isThere(ofEnvironment)) return ofEnvironment;
  return join(folderOf(machine), 'pip', name);
}

function folderOf(machine: Machine): string {
  if (machine.platform !== 'darwin') return configFolder(machine);
  const { join } = pathsOf(machine);
  const support = applicationSupport(machine);
  // On macOS, pip does not ask for XDG_CONFIG_HOME.
  return machine.isThere(join(support, 'pip')) ? support : join(homeOf(machine), '.config');
}
