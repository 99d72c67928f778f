import { statSync } from 'node:fs';
import { posix, win32, type PlatformPath } from 'node:path';
import process from 'node:process';
import { quote, WheelstoreError } from '../../core/errors.ts';

/** What decides where the files of a user are. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether there is something at a path. */
  readonly isThere: (path: string) => boolean;
}

export const thisMachine = (): Machine => ({
  platform: process.platform,
  env: process.env,
  isThere: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
});

/** A variable, an empty one being none. */
export function variable({ env }: Machine, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

export function pathsOf({ platform }: Machine): PlatformPath {
  return platform === 'win32' ? win32 : posix;
}

/**
 * The home folder of the user.
 *
 * @throws {WheelstoreError} `not-found` where no variable says it
 */
export function homeOf(machine: Machine): string {
  const name = machine.platform === 'win32' ? 'USERPROFILE' : 'HOME';
  return absolute(machine, name) ?? missing(name);
}

/** The folder in which programs keep their settings, each in one of its own (XDG Base Directory; %APPDATA%). */
export function configFolder(machine: Machine): string {
  if (machine.platform === 'win32') return absolute(machine, 'APPDATA') ?? missing('APPDATA');
  return absolute(machine, 'XDG_CONFIG_HOME') ?? posix.join(homeOf(machine), '.config');
}

/** Where programs of macOS keep their settings. */
export function applicationSupport(machine: Machine): string {
  return posix.join(homeOf(machine), 'Library', 'Application Support');
}

/** A folder that a variable names. Clients do not agree on what one is that begins nowhere. */
export function absolute(machine: Machine, name: string): string | undefined {
  const value = variable(machine, name);
  if (value === undefined || pathsOf(machine).isAbsolute(value)) return value;
  throw new WheelstoreError('usage', `${name} is ${quote(value)}, which is no whole path`, {
    value,
    fix: `Set ${name} to a path from the root, or unset it.`,
  });
}

function missing(name: string): never {
  throw new WheelstoreError('not-found', `Nobody says where the files of this user are: ${name} is not set`, {
    value: name,
    fix: `Set ${name}, or leave --write out and put the lines in by hand.`,
  });
}

/** Where a file is, as people write it. Where nobody says where home is, its name has to do. */
export function shownPath(machine: Machine, name: string, pathOf: (machine: Machine) => string): string {
  try {
    const path = pathOf(machine);
    const home = variable(machine, machine.platform === 'win32' ? 'USERPROFILE' : 'HOME');
    const { sep } = pathsOf(machine);
    return home !== undefined && path.startsWith(`${home}${sep}`) ? `~${path.slice(home.length)}` : path;
  } catch (error) {
    if (error instanceof WheelstoreError) return name;
    throw error;
  }
}
