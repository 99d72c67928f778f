import type { Command } from 'commander';
import type { Explain } from '../explain.ts';
import { SETTINGS, type SettingName, type SettingOptions } from '../settings.ts';
import { readConfiguration, type Configuration, type Spoken } from './configuration.ts';
import { optionsOf, type NamedPlace } from './resolve.ts';
import { explainConfiguration } from './shown.ts';
import { checkFlag, type Value } from './values.ts';

/** The options of a command about a repository, with what variables and the configuration file say. */
export type ConfiguredOptions = SettingOptions & { readonly configuration: Configuration };

/**
 * Completes what a command line says of its repository.
 *
 * @throws {WheelstoreError} `usage`
 */
export async function configure(command: Command, explain: Explain | undefined): Promise<ConfiguredOptions> {
  const configuration = await readConfiguration(spokenIn(command), process.env);
  if (explain !== undefined) explainConfiguration(configuration, explain);
  const names = new Set<string>(SETTINGS.map(({ name }) => name));
  const own = Object.entries(command.opts()).filter(([name]) => !names.has(name));
  return { ...Object.fromEntries(own), ...optionsOf(configuration.settings), configuration };
}

function placeBesideFlags(command: Command): NamedPlace | undefined {
  const [dir] = command.args;
  const to = command.getOptionValue('to') as string | undefined;
  if (command.name() === 'serve' && dir !== undefined) return { store: dir, origin: 'argument DIR' };
  if (command.name() === 'import' && to !== undefined) return { store: to, origin: 'flag --to' };
  return undefined;
}

function spokenIn(command: Command): Spoken {
  const flags = new Map<SettingName, Value>();
  for (const setting of SETTINGS) {
    if (command.getOptionValueSource(setting.name) !== 'cli') continue;
    const value = command.getOptionValue(setting.name) as Value;
    checkFlag(setting, value);
    flags.set(setting.name, value);
  }
  const place = placeBesideFlags(command);
  const config = command.getOptionValue('config') as string | undefined;
  return { flags, ...(place === undefined ? {} : { place }), ...(config === undefined ? {} : { config }) };
}
