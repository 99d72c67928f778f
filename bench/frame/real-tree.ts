import { readdir } from 'node:fs/promises';
import { complete } from './command.ts';
import type { NotMeasured } from './part.ts';
import { python } from './peers.ts';
import type { Scope } from './scope.ts';
import type { Tree } from './tree.ts';

/** Requirements, split at spaces. */
const TREE = 'WHEELSTORE_BENCH_TREE';

/** Releases that are in the repository as well, whether pip chooses them or not: `scipy==1.17.1`. */
const RELEASES = 'WHEELSTORE_BENCH_RELEASES';

/**
 * What is needed for the requirements that the person has named, fetched with the indexes that their pip is
 * configured with.
 */
export async function realTree(scope: Scope): Promise<Tree | NotMeasured> {
  const requirements = wordsOf(TREE);
  if (requirements.length === 0) return { what: 'a real tree', because: `${TREE} names no requirements` };
  const title = requirements.join(' ');
  const folder = await scope.folder();
  try {
    await download(scope, folder, requirements);
    // Of a project, pip takes one release at a time.
    for (const release of wordsOf(RELEASES)) await download(scope, folder, ['--no-deps', release]);
  } catch (error) {
    return { what: title, because: (error as Error).message };
  }
  const { length } = await readdir(folder);
  return { title: `${title} (${length} wheels)`, requirements, folder };
}

function wordsOf(variable: string): string[] {
  return (process.env[variable] ?? '').split(' ').filter((word) => word !== '');
}

async function download(scope: Scope, folder: string, words: readonly string[]): Promise<void> {
  const pip = ['-m', 'pip', 'download', '--quiet', '--only-binary', ':all:', '--dest', folder];
  // As whoever measures has configured it: this is not measured.
  const configured = Object.entries(process.env).filter(([name]) => name.startsWith('PIP_'));
  const env = Object.fromEntries(configured) as Record<string, string>;
  await complete(scope, python(), [...pip, ...words], { env });
}
