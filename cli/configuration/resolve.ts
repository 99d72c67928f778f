import { quote, WheelstoreError } from '../../core/errors.ts';
import { flagOf, SETTINGS, WHERE, type Setting, type SettingName, type SettingOptions } from '../settings.ts';
import { isUrl } from '../store-url.ts';
import type { Value } from './values.ts';

/** One of the places in which settings can be. */
export interface Layer {
  readonly kind: 'flag' | 'variable' | 'file';
  readonly values: ReadonlyMap<SettingName, Value>;
  /** Where a value comes from, for people. */
  readonly originOf: (setting: Setting, value: Value) => string;
}

/** A setting that counts, and why. */
export interface InForce {
  readonly value: Value;
  /** `flag --bucket`, `variable WHEELSTORE_BUCKET`, the path of a file, or `default`. */
  readonly origin: string;
  readonly kind: Layer['kind'] | 'default';
}

export type Resolved = ReadonlyMap<SettingName, InForce>;

/** A repository that a command line names otherwise than by a flag of all commands. */
export interface NamedPlace {
  readonly store: string;
  /** `argument DIR`, `flag --to` */
  readonly origin: string;
}

/** The settings of the command line. */
export function flagLayer(values: Layer['values'], place?: NamedPlace): Layer {
  return {
    kind: 'flag',
    values: place === undefined ? values : new Map([...values, ['store', place.store]]),
    originOf: (setting, value) =>
      setting.name === 'store' && place !== undefined ? place.origin : `flag ${flagOf(setting, value)}`,
  };
}

export function variableLayer(values: Layer['values']): Layer {
  return { kind: 'variable', values, originOf: ({ variable }) => `variable ${variable}` };
}

export function fileLayer(values: Layer['values'], path: string): Layer {
  return { kind: 'file', values, originOf: () => path };
}

/** What says together where the repository is. */
const PLACE: ReadonlySet<SettingName> = new Set<SettingName>(['store', 'bucket', 'stack', 'prefix']);

/**
 * The settings that count: of each the one in the first layer that has it. Where the repository is,
 * though, is one thing: the first layer that names a folder, a bucket or a stack decides, and no layer after it
 * adds a prefix. What is for buckets means nothing where it is a folder, unless a flag says it, which
 * is for the command to refuse.
 *
 * @param layers the one that goes first, first
 * @throws {WheelstoreError} `usage` where the deciding layer names two repositories, or a variable adds a
 *   prefix to `s3://...`
 */
export function resolveSettings(layers: readonly Layer[]): Resolved {
  const deciding = layers.findIndex(({ values }) => WHERE.some((name) => values.has(name)));
  const upToPlace = deciding === -1 ? layers : layers.slice(0, deciding + 1);
  const resolved = new Map<SettingName, InForce>();
  for (const setting of SETTINGS) {
    const found = firstWith(PLACE.has(setting.name) ? upToPlace : layers, setting);
    if (found !== undefined) resolved.set(setting.name, found);
  }
  refuseTwoPlaces(resolved);
  const isInFolder = isFolder(resolved);
  for (const { name, isForBuckets, fallback } of SETTINGS) {
    const found = resolved.get(name);
    if (isForBuckets && isInFolder) {
      if (found?.kind !== 'flag') resolved.delete(name);
    } else if (found === undefined && fallback !== undefined && !(name === 'store' && !isInFolder)) {
      resolved.set(name, { value: fallback, origin: 'default', kind: 'default' });
    }
  }
  return resolved;
}

/** What commands are told. What is as always, they know. */
export function optionsOf(resolved: Resolved): SettingOptions {
  const said = [...resolved].filter(([, { kind }]) => kind !== 'default');
  // Each value was read as what its name takes.
  return Object.fromEntries(said.map(([name, { value }]) => [name, value])) as SettingOptions;
}

function firstWith(layers: readonly Layer[], setting: Setting): InForce | undefined {
  for (const { kind, values, originOf } of layers) {
    const value = values.get(setting.name);
    if (value !== undefined) return { value, kind, origin: originOf(setting, value) };
  }
  return undefined;
}

function refuseTwoPlaces(resolved: Resolved): void {
  const [first, second] = WHERE.flatMap((name) => resolved.get(name) ?? []);
  if (first === undefined) return;
  if (second !== undefined) {
    throw new WheelstoreError('usage', `Two repositories are named: ${first.origin}, ${second.origin}`, {
      value: String(first.value),
      fix: 'Keep one of them, or name the repository with --store, --bucket or --stack.',
    });
  }
  const prefix = resolved.get('prefix');
  if (prefix === undefined || prefix.kind === 'flag' || resolved.has('bucket') || isFolder(resolved)) return;
  throw new WheelstoreError(
    'usage',
    `${prefix.origin} cannot add a prefix to ${quote(String(first.value))} (${first.origin})`,
    { value: String(prefix.value), fix: 'Write the prefix into it, or name the bucket with --bucket.' },
  );
}

function isFolder(resolved: Resolved): boolean {
  const store = resolved.get('store')?.value;
  if (store === undefined) return !resolved.has('bucket') && !resolved.has('stack');
  return !isUrl(String(store));
}
