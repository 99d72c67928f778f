import { quote, WheelstoreError } from './errors.ts';
import { Fields, howToRestore, parseJson } from './fields.ts';
import { SETTINGS_KEY } from './keys.ts';
import { isNormalizedName, type NormalizedName } from './names.ts';

/** What holds for a whole repository: the object `repository.json`. */
export interface RepositorySettings {
  /** One more with each change. It is on every page of the project list. */
  readonly serial: number;
  /**
   * The projects that the project list must not show (PEP 792: quarantined), so that the list can be
   * made without reading every record.
   */
  readonly quarantined: readonly NormalizedName[];
}

/** The settings of a repository that has none yet. */
export const EMPTY_SETTINGS: RepositorySettings = { serial: 0, quarantined: [] };

const FORMAT = 1;

/** The bytes to keep; the same settings always give the same bytes. */
export function serializeSettings({ serial, quarantined }: RepositorySettings): Uint8Array {
  const indexes = { default: { quarantined: [...quarantined].sort() } };
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, serial, indexes })}\n`);
}

/** @throws {WheelstoreError} `corrupt-record` */
export function parseSettings(bytes: Uint8Array): RepositorySettings {
  const refuse = (what: string): never => {
    throw new WheelstoreError('corrupt-record', `${SETTINGS_KEY} is damaged: ${what}`, {
      value: SETTINGS_KEY,
      fix: howToRestore(SETTINGS_KEY),
    });
  };
  const fields = new Fields(parseJson(bytes, refuse), SETTINGS_KEY, refuse);
  const format = fields.integer('format');
  if (format !== FORMAT) refuse(`format ${format} is unknown to this version of Wheelstore`);
  const quarantined = fields
    .object('indexes')
    .object('default')
    .texts('quarantined')
    .map((name) => {
      return isNormalizedName(name) ? name : refuse(`${quote(name)} is no normalized name`);
    });
  return { serial: fields.integer('serial'), quarantined };
}
