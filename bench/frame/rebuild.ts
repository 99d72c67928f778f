import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordKey } from '../../core/keys.ts';
import { serializeRecord, type ProjectRecord } from '../../core/record.ts';
import { complete, WHEELSTORE } from './command.ts';
import { measure } from './measure.ts';
import { peer } from './peers.ts';
import type { Contestant, Group, Setting } from './part.ts';
import { recordOf } from './records.ts';

/** As many as most projects have, or more. */
const FILES_EACH = 10;

/**
 * Rebuilds all pages of so many files, each time where there are none, from records in a folder.
 *
 * @param options `alone`: without peers
 */
export async function measureRebuild(
  setting: Setting,
  files: number,
  { alone = false } = {},
): Promise<Group> {
  const { scope } = setting;
  const records = Array.from({ length: Math.ceil(files / FILES_EACH) }, (_, i) =>
    recordOf(`project-${i}`, Math.min(FILES_EACH, files - i * FILES_EACH)),
  );
  const folder = await scope.folder();
  await mkdir(join(folder, 'records', 'default'), { recursive: true });
  for (const record of records)
    await writeFile(join(folder, recordKey(record.name)), serializeRecord(record));
  const work = { what: 'files', times: files };
  const own: Contestant = {
    name: 'wheelstore',
    work,
    run: async () => {
      await forget(folder, ['simple', '.wheelstore']);
      return complete(scope, WHEELSTORE, ['reindex', '--store', folder]);
    },
  };
  const others = alone ? [] : await dumbPypi(setting, records, work);
  const title = `${files.toLocaleString('en')} files of ${records.length.toLocaleString('en')} projects`;
  return measure(setting, title, [own, ...others]);
}

async function dumbPypi(
  { scope }: Setting,
  records: readonly ProjectRecord[],
  work: NonNullable<Contestant['work']>,
): Promise<Contestant[]> {
  const command = peer('dumb-pypi');
  if (command === undefined) return [];
  const folder = await scope.folder();
  const list = join(folder, 'packages.json');
  const lines = records.flatMap(({ files }) =>
    files.map((file) =>
      JSON.stringify({
        filename: file.filename,
        hash: `sha256=${file.sha256}`,
        requires_python: file.requiresPython,
        upload_timestamp: Date.parse(file.uploadTime) / 1000,
      }),
    ),
  );
  await writeFile(list, `${lines.join('\n')}\n`);
  const words = ['--package-list-json', list, '--packages-url', '../../files/'];
  // What it can leave out, to its advantage: a page for each release.
  words.push('--output-dir', join(folder, 'output'), '--no-per-release-json');
  return [
    {
      name: 'dumb-pypi',
      work,
      run: async () => {
        await forget(folder, ['output']);
        return complete(scope, command, words);
      },
    },
  ];
}

async function forget(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
}
