import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fileLayer,
  flagLayer,
  optionsOf,
  resolveSettings,
  variableLayer,
  type Resolved,
} from '../../../cli/configuration/resolve.ts';
import { SETTINGS, type SettingName, type SettingOptions } from '../../../cli/settings.ts';
import { thrownBy } from '../../core/thrown.ts';

const FILE = '/project/wheelstore.toml';

type Layers = readonly [flags: SettingOptions, variables?: SettingOptions, file?: SettingOptions];

function resolved([flags, variables = {}, file = {}]: Layers, store?: string): Resolved {
  const valuesOf = (options: SettingOptions) => new Map(Object.entries(options) as [SettingName, string][]);
  return resolveSettings([
    flagLayer(valuesOf(flags), store === undefined ? undefined : { store, origin: 'argument DIR' }),
    variableLayer(valuesOf(variables)),
    fileLayer(valuesOf(file), FILE),
  ]);
}

const FOLDER = { store: 'folder' };
const URL = { store: 's3://other/team' };
const BUCKET = { bucket: 'b', prefix: 'p' };
const STACK = { stack: 'S' };

/** What is said in which layer, and what a command is told. */
const CASES: [title: string, layers: Layers, told: SettingOptions][] = [
  ['nothing', [{}], {}],
  ['a folder by flag, a bucket by variable', [FOLDER, BUCKET], FOLDER],
  ['a bucket by flag, a folder by variable', [{ bucket: 'b' }, FOLDER], { bucket: 'b' }],
  ['a bucket by flag, another with a prefix by variable', [{ bucket: 'x' }, BUCKET], { bucket: 'x' }],
  ['a bucket by flag, another with a prefix in the file', [{ bucket: 'x' }, {}, BUCKET], { bucket: 'x' }],
  ['a bucket by flag, only a prefix by variable', [{ bucket: 'x' }, { prefix: 'p' }], { bucket: 'x' }],
  ['s3:// by flag, a bucket with a prefix in the file', [URL, {}, BUCKET], URL],
  ['s3:// by flag, only a prefix by variable', [URL, { prefix: 'p' }], URL],
  ['a bucket by variable, another with a prefix in the file', [{}, { bucket: 'x' }, BUCKET], { bucket: 'x' }],
  ['a prefix by flag', [{ prefix: 'x' }, {}, BUCKET], { bucket: 'b', prefix: 'x' }],
  ['a prefix by variable', [{}, { prefix: 'x' }, BUCKET], { bucket: 'b', prefix: 'x' }],
  ['no prefix by flag', [{ prefix: '' }, {}, BUCKET], { bucket: 'b', prefix: '' }],
  ['a prefix by flag and a folder, to be refused', [{ prefix: 'x' }, FOLDER], { ...FOLDER, prefix: 'x' }],
  ['a prefix by variable and a folder in the file', [{}, { prefix: 'x' }, FOLDER], FOLDER],
  ['a region by variable and a folder by flag', [FOLDER, { region: 'r' }], FOLDER],
  ['a region by variable and no repository', [{}, { region: 'r', jobs: 2 }], { jobs: 2 }],
  ['a region by flag and a folder, to be refused', [{ region: 'r' }, FOLDER], { ...FOLDER, region: 'r' }],
  [
    'a region in the file and a bucket by flag',
    [{ bucket: 'b' }, {}, { region: 'r' }],
    { bucket: 'b', region: 'r' },
  ],
  ['a region in the file and s3:// by variable', [{}, URL, { region: 'r' }], { ...URL, region: 'r' }],
  ['a stack by flag, a bucket with a prefix by variable', [STACK, BUCKET], STACK],
  ['a stack by flag, a folder in the file', [STACK, {}, FOLDER], STACK],
  ['a stack by flag, only a prefix by variable', [STACK, { prefix: 'p' }], STACK],
  ['a stack by variable, a bucket with a prefix in the file', [{}, STACK, BUCKET], STACK],
  ['a bucket by flag, a stack by variable', [{ bucket: 'x' }, STACK], { bucket: 'x' }],
  ['a folder by flag, a stack in the file', [FOLDER, {}, STACK], FOLDER],
  ['a stack in the file, a region by variable', [{}, { region: 'r' }, STACK], { ...STACK, region: 'r' }],
  ['a prefix by flag and a stack, to be refused', [{ prefix: 'x' }, {}, STACK], { ...STACK, prefix: 'x' }],
  ['two places in a layer that does not count', [FOLDER, { ...URL, ...BUCKET }], FOLDER],
];

describe('What counts', () => {
  it.each(CASES)('where there is %s', (_title, layers, told) => {
    expect(optionsOf(resolved(layers))).toEqual(told);
  });

  it.each([
    ['two places by variable', [{}, { store: 'folder', bucket: 'b' }]],
    ['a folder and a stack by variable', [{}, { store: 'folder', ...STACK }]],
    ['a bucket and a stack by variable', [{}, { bucket: 'b', ...STACK }]],
    ['a prefix by variable beside a stack', [{}, { ...STACK, prefix: 'p' }]],
    ['a prefix by variable for a stack in the file', [{}, { prefix: 'p' }, STACK]],
    ['a prefix by variable beside s3://', [{}, { ...URL, prefix: 'p' }]],
    ['a prefix by variable for s3:// in the file', [{}, { prefix: 'p' }, URL]],
  ] as [string, Layers][])('is nothing, but an error, where there is %s', (_title, layers) => {
    expect(thrownBy(() => resolved(layers))).toMatchObject({ code: 'usage' });
  });

  it('is the folder of serve before all', () => {
    const settings = resolved([{}, BUCKET, FOLDER], 'mine');
    expect(optionsOf(settings)).toEqual({ store: 'mine' });
    expect(settings.get('store')?.origin).toBe('argument DIR');
  });

  it('says where it comes from', () => {
    const settings = resolved([{ region: 'r', signRequest: false }, { profile: 'me' }, { bucket: 'b' }]);
    const origins = Object.fromEntries([...settings].map(([name, { origin }]) => [name, origin]));
    expect(origins).toEqual({
      bucket: FILE,
      profile: 'variable WHEELSTORE_PROFILE',
      region: 'flag --region',
      signRequest: 'flag --no-sign-request',
      singleWriter: 'default',
      jobs: 'default',
    });
    const opposite = resolved([{ bucket: 'b', signRequest: true, singleWriter: false }]);
    expect(opposite.get('signRequest')?.origin).toBe('flag --sign-request');
    expect(opposite.get('singleWriter')?.origin).toBe('flag --no-single-writer');
  });

  it('is of each setting what the first layer says, whatever the others say', () => {
    const others = SETTINGS.map(({ name }) => name).filter(
      (name) => !['store', 'bucket', 'stack'].includes(name),
    );
    const layer = fc.record(Object.fromEntries(others.map((name) => [name, fc.string({ minLength: 1 })])), {
      requiredKeys: [],
    }) as fc.Arbitrary<SettingOptions>;
    fc.assert(
      fc.property(layer, layer, layer, fc.nat(2), (flags, variables, file, place) => {
        const layers = [flags, variables, file].map((options, index) =>
          index === place ? { ...options, bucket: 'b' } : options,
        ) as unknown as Layers;
        const told: Record<string, unknown> = optionsOf(resolved(layers));
        for (const name of others) {
          const reach = name === 'prefix' ? layers.slice(0, place + 1) : layers;
          expect(told[name]).toBe(reach.find((options) => options?.[name] !== undefined)?.[name]);
        }
      }),
    );
  });

  it('is one place, whichever layers name which', () => {
    const place = fc.constantFrom<SettingOptions>(
      {},
      FOLDER,
      URL,
      STACK,
      { bucket: 'x' },
      { bucket: 'b', prefix: 'p' },
    );
    fc.assert(
      fc.property(place, place, place, (...layers) => {
        const first = layers.find((options) => Object.keys(options).length > 0) ?? {};
        expect(optionsOf(resolved(layers))).toEqual(first);
      }),
    );
  });
});
