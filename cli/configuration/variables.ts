import { quote, WheelstoreError } from '../../core/errors.ts';
import { SETTINGS, type SettingName } from '../settings.ts';
import { closest } from './closest.ts';
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
  problems.push(...misspelt(variables));
  return { values, problems };
}

/** Variables of ours that are no settings. */
const OTHERS = /^WHEELSTORE_(?:CONFIG$|TOKEN$|IMPORT_(?:USERNAME|PASSWORD)$|TEST_)/;

/** A setting that is not heard would be as surprising as one that is misspelt in the file. */
function misspelt(variables: Variables): WheelstoreError[] {
  const known = SETTINGS.map(({ variable }) => variable);
  const unknown = Object.keys(variables).filter(
    (name) => name.startsWith('WHEELSTORE_') && !OTHERS.test(name) && !known.includes(name),
  );
  return unknown.map((name) => {
    const meant = closest(name, known);
    return new WheelstoreError('usage', `The variable ${quote(name)} is no setting`, {
      value: name,
      fix:
        meant === undefined
          ? `Unset it, or choose from ${known.join(', ')}.`
          : `Unset it, or name it ${meant}.`,
    });
  });
}
