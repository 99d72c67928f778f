import { join } from 'node:path';
import { complete, WHEELSTORE } from './command.ts';
import { measure } from './measure.ts';
import type { Group, Setting } from './part.ts';
import { writeWheels } from './wheels.ts';

const FILES_EACH = 10;

/** Has a folder with so many files checked. */
export async function measureVerify(setting: Setting, files: number): Promise<Group> {
  const { scope } = setting;
  const folder = await scope.folder();
  const dist = await writeWheels(
    folder,
    Array.from({ length: files }, (_, i) => ({
      name: `project-${Math.floor(i / FILES_EACH)}`,
      version: `1.${i % FILES_EACH}`,
    })),
  );
  const store = join(folder, 'repository');
  // A command line has only so much room.
  await complete(scope, WHEELSTORE, ['upload', join(folder, '*.whl'), '--store', store]);
  return measure(setting, `verify ${dist.length.toLocaleString('en')} files in a folder`, [
    { name: 'wheelstore', run: () => complete(scope, WHEELSTORE, ['verify', '--store', store]) },
  ]);
}
