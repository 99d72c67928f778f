import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { complete, WHEELSTORE } from './command.ts';
import type { Scope } from './scope.ts';

/** Copies a repository, as an index would have it that knows no metadata files (PEP 658). */
export async function withoutMetadata(scope: Scope, repository: string, copy: string): Promise<void> {
  for (const folder of ['files', 'records']) {
    await cp(join(repository, folder), join(copy, folder), { recursive: true });
  }
  const records = join(copy, 'records', 'default');
  for (const name of await readdir(records)) {
    const path = join(records, name);
    const record = JSON.parse(await readFile(path, 'utf8')) as { files: { metadataSha256?: string }[] };
    for (const file of record.files) delete file.metadataSha256;
    await writeFile(path, `${JSON.stringify(record)}\n`);
  }
  for (const path of await readdir(join(copy, 'files'), { recursive: true })) {
    if (path.endsWith('.metadata')) await rm(join(copy, 'files', path));
  }
  await complete(scope, WHEELSTORE, ['reindex', '--store', copy]);
}
