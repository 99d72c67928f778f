import { link, mkdtemp, open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../../core/errors.ts';
import { readSettings } from '../../core/project-list.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { describeFailure, systemCode, unlessAbsent } from '../../stores/failures.ts';
import { formatBytes } from '../terminal.ts';
import { failure, ok, skipped, warning, type Check, type Section, type Verdict } from './check.ts';

/** In bytes. A large wheel, and its copy under a temporary name. */
const LITTLE_SPACE = 500_000_000;

/** What is asked of the file system; tests have others. */
export interface FileSystem {
  readonly link: (from: string, to: string) => Promise<void>;
  /** In bytes, for this user. */
  readonly freeSpace: (folder: string) => Promise<number>;
}

const FILE_SYSTEM: FileSystem = {
  link,
  freeSpace: async (folder) => {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};

/** What has to be right with a folder. Nothing is left in it. */
export function folderSection(folder: string, system: FileSystem = FILE_SYSTEM): Section {
  const check = (name: string, look: () => Promise<Verdict>): Check => ({
    name,
    look: async () => {
      try {
        return await look();
      } catch (error) {
        throw describeFailure(error, folder, name === 'settings' ? 'read' : 'write');
      }
    },
  });
  return {
    gate: check('folder', () => judgeFolder(folder)),
    checks: [
      check('writable', () => inTemporary(folder, async () => ok('this user may write there'))),
      check('hard-links', () => inTemporary(folder, (within) => judgeLinks(within, system))),
      check('space', async () => judgeSpace(await system.freeSpace(folder))),
      check('settings', async () => {
        await readSettings(new DirectoryStore(folder));
        return ok('repository.json can be read, or is not there yet');
      }),
      check('contents', async () =>
        skipped('not looked at: "wheelstore verify" checks records, pages and files'),
      ),
    ],
  };
}

async function judgeFolder(folder: string): Promise<Verdict> {
  const found = await unlessAbsent(stat(folder));
  if (found?.isDirectory() === true) return ok(`the folder ${quote(folder)} is there`);
  return found === undefined
    ? failure(
        `there is no folder ${quote(folder)}`,
        'Name the folder with --store; "wheelstore upload" makes one.',
      )
    : failure(`${quote(folder)} is no folder`, 'Name another one with --store.');
}

/** Makes a file in a folder of its own, and takes both away again, whatever happens. */
async function inTemporary(folder: string, look: (file: string) => Promise<Verdict>): Promise<Verdict> {
  const temporary = await mkdtemp(join(folder, '.wheelstore-doctor-'));
  try {
    const file = join(temporary, 'file');
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile('Can be deleted.\n');
      await handle.sync();
    } finally {
      await handle.close();
    }
    return await look(file);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A second link to a name that is taken must fail: that is how one of several writers wins. */
async function judgeLinks(file: string, system: FileSystem): Promise<Verdict> {
  const use = 'Keep the repository on a file system with hard links (ext4, XFS, APFS, NTFS), not on FAT.';
  const other = `${file}-2`;
  try {
    await system.link(file, other);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return failure(`the file system has no hard links (${systemCode(error)})`, use);
  }
  const [one, two] = await Promise.all([stat(file, { bigint: true }), stat(other, { bigint: true })]);
  if (one.ino !== two.ino) return failure('the file system copies instead of making hard links', use);
  try {
    await system.link(file, other);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return ok('hard links work, and never replace a file');
    throw error;
  }
  return failure('a hard link replaces the file that is there, so publishers would lose releases', use);
}

function judgeSpace(bytes: number): Verdict {
  const free = `${formatBytes(bytes)} are free`;
  if (bytes >= LITTLE_SPACE) return ok(free);
  return warning(free, 'Free space on this disk.');
}
