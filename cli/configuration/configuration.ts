import { quote, WheelstoreError } from '../../core/errors.ts';
import { currentFolder, wholePath } from '../current-folder.ts';
import type { SettingName } from '../settings.ts';
import { readConfigFile } from './file.ts';
import { findConfigFile } from './find-file.ts';
import {
  fileLayer,
  flagLayer,
  resolveSettings,
  variableLayer,
  type Layer,
  type NamedPlace,
  type Resolved,
} from './resolve.ts';
import type { Value } from './values.ts';
import { readVariables, type Variables } from './variables.ts';

/** What the command line says. */
export interface Spoken {
  readonly flags: ReadonlyMap<SettingName, Value>;
  /** What `serve` takes without a flag, and `import` with one of its own. */
  readonly place?: NamedPlace;
  /** `--config FILE` */
  readonly config?: string;
}

/** Every setting that counts for a command. */
export interface Configuration {
  /** The configuration file that was read. */
  readonly file: string | undefined;
  readonly settings: Resolved;
}

/**
 * Reads what is said of a repository: flags, before variables, before the configuration file.
 *
 * @throws {WheelstoreError} `usage` with every problem of variables and file
 */
export async function readConfiguration(spoken: Spoken, variables: Variables): Promise<Configuration> {
  const fromVariables = readVariables(variables);
  const problems = [...fromVariables.problems];
  const layers: Layer[] = [flagLayer(spoken.flags, spoken.place), variableLayer(fromVariables.values)];
  let file: string | undefined;
  try {
    const named = nameOfFile(spoken, variables);
    file = named ?? (await foundFile());
    if (file !== undefined) {
      layers.push(fileLayer(await readConfigFile(file, named !== undefined), file));
    }
  } catch (error) {
    if (!(error instanceof WheelstoreError)) throw error;
    problems.push(...(error.problems.length > 0 ? error.problems : [error]));
  }
  if (problems.length > 0) {
    throw new WheelstoreError('usage', 'The configuration cannot be used as it is', { problems });
  }
  return { file, settings: resolveSettings(layers) };
}

function nameOfFile({ config }: Spoken, variables: Variables): string | undefined {
  if (config === '') {
    throw new WheelstoreError('usage', `--config names no file: ${quote(config)}`, {
      value: config,
      fix: 'Name a file, or leave --config out.',
    });
  }
  const name = config ?? variables['WHEELSTORE_CONFIG'];
  return name === undefined || name === '' ? undefined : wholePath(name);
}

async function foundFile(): Promise<string | undefined> {
  const folder = currentFolder();
  return folder === undefined ? undefined : findConfigFile(folder);
}
