import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { describeFailure, isAbsent, systemCode } from '../../stores/failures.ts';
import type { Addition } from './addition.ts';
import { uninterrupted } from './uninterrupted.ts';

/** In bytes. No such file has a hundredth of it. */
const LARGEST = 1024 * 1024;

/** For the owner alone. */
const PRIVATE = 0o600;

/** What others may do with a file. */
const OTHERS = 0o077;

/** What has come of adding to a file. */
export interface Written {
  /** The file itself, where a link leads to it. */
  readonly path: string;
  readonly outcome: 'created' | 'added' | 'same';
  /** Whether others could read it, and can no longer. */
  readonly isClosed: boolean;
}

/** A file as it was read. */
interface Found {
  readonly bytes: Buffer;
  readonly stats: Stats;
}

/**
 * Adds something to a file of this user, or makes one that nobody else can read. Nothing that is there is
 * changed: the new file has all of it, and takes the place of the old one in one step.
 *
 * All of it happens without letting anything else run, so Ctrl-C comes before or after, and nothing
 * half-done is ever left behind.
 *
 * @param isSecret whether others must not read it from now on
 * @throws {WheelstoreError} `configured-already` where the file says something else, `unreadable`, `unwritable`,
 *   `file-changed` where another program writes it at the same time
 */
export function addToUserFile(path: string, isSecret: boolean, add: (text: string) => Addition): Written {
  return uninterrupted(() => {
    const target = described(path, 'read', () => followed(resolve(path)));
    const found = described(target, 'read', () => readIfThere(target));
    const before = found === undefined ? '' : textOf(target, found.bytes);
    const addition = add(before);
    if ('refusal' in addition) throw conflict(target, addition.refusal);
    return described(target, 'write', () => {
      const isOpen = found !== undefined && isSecret && (found.stats.mode & OTHERS) !== 0;
      const isClosed = isOpen && process.platform !== 'win32';
      if (found !== undefined && addition.text === before) {
        if (isClosed) closeToOthers(target);
        return { path: target, outcome: 'same', isClosed };
      }
      const mode = found === undefined || isSecret ? PRIVATE : found.stats.mode & 0o777;
      replace(target, found, Buffer.from(addition.text), mode);
      return { path: target, outcome: found === undefined ? 'created' : 'added', isClosed };
    });
  });
}

function conflict(path: string, why: string): WheelstoreError {
  return new WheelstoreError('configured-already', `${quote(path)} ${why}`, {
    value: path,
    fix: 'It was left as it is: put the lines in by hand.',
  });
}

/** Where a link leads to, if the path is one. Whose link it is decides about the file as much as its owner. */
function followed(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() !== true) return path;
  checkOwner(path, stats);
  try {
    return realpathSync(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    throw new WheelstoreError('unreadable', `${quote(path)} is a link that leads nowhere`, {
      value: path,
      fix: 'Make the file that it leads to, or remove the link.',
      cause: error,
    });
  }
}

/** No link is followed, and no writer of a pipe is waited for, should one have come in between. */
const READING = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

function readIfThere(path: string): Found | undefined {
  let file: number;
  try {
    file = openSync(path, READING);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(file);
    const isUsable = stats.isFile() && stats.size <= LARGEST;
    if (!isUsable) {
      const what = stats.isFile() ? `has more than ${LARGEST} bytes` : 'is no regular file';
      throw new WheelstoreError('unreadable', `${quote(path)} ${what}`, {
        value: path,
        fix: 'Look at what it is, or move it out of the way.',
      });
    }
    checkOwner(path, stats);
    return { bytes: readFileSync(file), stats };
  } finally {
    closeSync(file);
  }
}

/** Who can write a file can also read it. */
function checkOwner(path: string, { uid }: Stats): void {
  // Windows knows no such numbers.
  const user = process.getuid?.();
  if (user === undefined || user === uid) return;
  throw new WheelstoreError('unwritable', `${quote(path)} belongs to another user (${uid})`, {
    value: path,
    fix: 'Run the command as the user whose file it is.',
  });
}

function textOf(path: string, bytes: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // oxlint-disable-next-line no-control-regex
    if (!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|^\ufeff/.test(text)) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw conflict(path, 'is no plain text in UTF-8');
}

function closeToOthers(path: string): void {
  const file = openSync(path, READING);
  try {
    fchmodSync(file, PRIVATE);
  } finally {
    closeSync(file);
  }
}

/** @param found what is there now, as far as anybody knows */
function replace(path: string, found: Found | undefined, bytes: Buffer, mode: number): void {
  makePrivateFolder(dirname(path));
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  const file = openSync(temporary, 'wx', PRIVATE);
  try {
    try {
      writeFileSync(file, bytes);
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (found === undefined) putNew(temporary, path);
    else {
      const now = readIfThere(path);
      if (now?.stats.ino !== found.stats.ino || !now.bytes.equals(found.bytes)) throw changed(path);
      renameSync(temporary, path);
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(path));
}

/** A link is made only where nothing is. */
function putNew(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw changed(path, error);
    // A file system without links.
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw changed(path, error);
    renameSync(temporary, path);
  }
}

function changed(path: string, cause?: unknown): WheelstoreError {
  return new WheelstoreError('file-changed', `Another program is writing ${quote(path)}`, {
    value: path,
    fix: 'Run the command again.',
    cause,
  });
}

/** One folder after the other: where one cannot be made, this tells why. */
function makePrivateFolder(path: string): void {
  try {
    mkdirSync(path, PRIVATE | 0o100);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makePrivateFolder(dirname(path));
    mkdirSync(path, PRIVATE | 0o100);
  }
}

/** So that the new file is there after a power failure. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function described<T>(path: string, doing: 'read' | 'write', work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw describeFailure(error, path, doing);
  }
}
