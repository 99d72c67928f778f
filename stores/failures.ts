import { quote, WheelstoreError } from '../core/errors.ts';

/** The code of a failed system call (`ENOENT`), if `error` is one. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Whether `error` says that a file or folder is absent. The only failure that means so. */
export function isAbsent(error: unknown): boolean {
  return systemCode(error) === 'ENOENT';
}

/** `undefined` where the file is absent; every other failure is thrown on. */
export async function unlessAbsent<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** This user may not do it. */
export const FORBIDDEN: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
const NO_LINKS = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK']);

/** The sentence for a system call on `path` that failed while `doing` (`write`, `read`). */
export function describeFailure(error: unknown, path: string, doing: 'read' | 'write'): unknown {
  if (error instanceof WheelstoreError) return error;
  const code = systemCode(error);
  if (code === undefined) return error;
  const details = { value: path, cause: error };
  const failed = doing === 'read' ? 'unreadable' : 'unwritable';
  if (FULL.has(code)) {
    return new WheelstoreError('unwritable', `No space is left for ${quote(path)} (${code})`, {
      ...details,
      fix: 'Free space on this disk, then run the same command again: it completes what is missing.',
    });
  }
  if (FORBIDDEN.has(code)) {
    return new WheelstoreError(failed, `No permission to ${doing} ${quote(path)} (${code})`, {
      ...details,
      fix:
        doing === 'read'
          ? 'Give this user the permission to read it.'
          : 'Give this user the permission to write there, or name another folder with --store.',
    });
  }
  if (doing === 'write' && NO_LINKS.has(code)) {
    return new WheelstoreError(
      'unsupported-store',
      `The file system of ${quote(path)} has no hard links (${code})`,
      {
        ...details,
        fix: 'Keep the repository on a file system with hard links (ext4, XFS, APFS, NTFS), not on FAT.',
      },
    );
  }
  return new WheelstoreError(failed, `Cannot ${doing} ${quote(path)} (${code})`, {
    ...details,
    fix: 'Check the path, and the disk that it is on.',
  });
}

/** The bytes at `path` are not what they were when they were first looked at. */
export function changedWhileRead(path: string): WheelstoreError {
  return new WheelstoreError('file-changed', `The bytes of ${quote(path)} changed while they were read`, {
    value: path,
    fix: 'Run the command again when nothing else is writing this file.',
  });
}
