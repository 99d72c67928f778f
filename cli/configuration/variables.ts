import { WheelstoreError } from '../../core/errors.ts';
import { SETTINGS, type SettingName } from '../settings.ts';
import { valueOfVariable, type Value } from './values.ts';

/** The variables of a process. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The settings in the variables, an empty one being none, and a problem for each that makes no sense. */
export function readVariables(variables: Variables): {
  readonly values: ReadonlyMap<SettingName, Value>;
  readonly problems: readonly WheelstoreError[];
} {
  const values = new Map<SettingName, Value>();
  const problems: WheelstoreError[] = [];
  for (const setting of SETTINGS) {
    const text = variables[setting.variable];
    if (text === undefined || text === '') continue;
    try {
      values.set(setting.name, valueOfVariable(setting, text));
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      problems.push(error);
    }
  }
  return { values, problems };
}
