import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { devNull, homedir, tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { mapBounded } from '../../core/parallel.ts';

/** A Python of this machine that has pip. */
export interface Interpreter {
  /** The path of its executable. */
  readonly python: string;
  /** Such as `3.12`. */
  readonly pythonVersion: string;
  /** Of its own pip. */
  readonly pipVersion: string;
  /** Of its own setuptools, where it has one. */
  readonly setuptools: string | null;
  /** Paths of the wheels that it came with. */
  readonly wheels: readonly string[];
}

/** One pip on one Python. */
export interface Pip extends Interpreter {
  /** Such as `pip 23.2.1 on Python 3.12`. */
  readonly label: string;
  /** Where pip is imported from, if not from the Python's own packages. */
  readonly pipFolder?: string;
}

export interface Run {
  readonly status: number;
  /** stdout and stderr, as they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Further folders to import from. */
  readonly imports?: readonly string[];
  /** With what configures pip and Python on this machine, which is left out otherwise. */
  readonly asConfigured?: boolean;
}

/** How many pips run at the same time. */
const JOBS = 2;

// No netrc, no cache and no user site of the person who runs the tests. One for the whole file: an
// afterAll at the top level runs when all its tests are over. It does not run where all of them are
// skipped, so this is made when something is run, and removed where nothing is found to run.
const home = join(tmpdir(), `wheelstore-pips-${randomUUID()}`);
const removeHome = (): Promise<void> => rm(home, { recursive: true, force: true });
afterAll(removeHome);

let paths = 0;

/** A path in the temporary folder that is removed after the last test of the file. */
export function freshPath(): string {
  return join(home, String(++paths));
}

let running = 0;
const waiting: (() => void)[] = [];

/** Runs `work` when fewer than `JOBS` others are running. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= JOBS) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

/** Variables that tell pip, Python or uv where to look, what to trust or what to go through. */
const FOREIGN = /^(pip|python|pyenv|virtual|uv|xdg|netrc|ssl_cert|(requests|curl)_ca)|_proxy$/i;

function environment({ env, imports = [], asConfigured }: RunOptions): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => asConfigured || !FOREIGN.test(name));
  return {
    ...Object.fromEntries(own),
    ...(asConfigured ? {} : { HOME: home, USERPROFILE: home, PIP_CONFIG_FILE: devNull }),
    // pip leaves folders behind where an installation fails.
    TMPDIR: home,
    TEMP: home,
    TMP: home,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
    PYTHONNOUSERSITE: '1',
    ...(imports.length === 0 ? {} : { PYTHONPATH: imports.join(delimiter) }),
    ...env,
  };
}

/** Runs a program to its end. A program that cannot be started has status -1. */
export async function run(command: string, words: readonly string[], options: RunOptions = {}): Promise<Run> {
  await mkdir(home, { recursive: true });
  return inTurn(
    () =>
      new Promise((resolve) => {
        const child = spawn(command, words, {
          cwd: options.cwd ?? home,
          env: environment(options),
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let output = '';
        for (const stream of [child.stdout, child.stderr]) {
          stream.setEncoding('utf8').on('data', (text: string) => (output += text));
        }
        child.on('error', (error) => resolve({ status: -1, output: error.message }));
        child.on('close', (status) => resolve({ status: status ?? -1, output }));
      }),
  );
}

/** @throws where a program that has to succeed did not */
export function succeeded({ status, output }: Run): void {
  if (status !== 0) throw new Error(`It ended with status ${status}: ${output}`);
}

export function runPip(pip: Pip, words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const imports = [...(options.imports ?? []), ...(pip.pipFolder === undefined ? [] : [pip.pipFolder])];
  return run(pip.python, ['-m', 'pip', ...words], { ...options, imports });
}

/** Names and versions of what is installed in `target`, such as `foo-1.0`, in order. */
export async function installedIn(target: string): Promise<string[]> {
  const names = await readdir(target).catch(() => []);
  const folders = names.filter((name) => name.endsWith('.dist-info') || name.endsWith('.egg-info'));
  // A setup.py of old adds the version of Python.
  return folders.map((name) => name.replace(/(-py\d\.\d+)?\.(dist|egg)-info$/, '').toLowerCase()).sort();
}

// Python 2.7 reads this too.
const PROBE = `
import glob, json, os, sys, sysconfig
import pip
try:
    from setuptools import __version__ as setuptools
except Exception:
    setuptools = None
library = sysconfig.get_path('stdlib')
# Linux distributions keep the wheels of ensurepip elsewhere, and say where.
folders = [os.path.join(library, 'ensurepip', '_bundled'), sysconfig.get_config_var('WHEEL_PKG_DIR')]
wheels = [path for folder in folders if folder for path in glob.glob(os.path.join(folder, '*.whl'))]
for folder, _, names in os.walk(os.path.join(library, 'test')):
    wheels.extend(os.path.join(folder, name) for name in names if name.endswith('.whl'))
print('found' + json.dumps({
    'python': sys.executable,
    'pythonVersion': '%d.%d' % sys.version_info[:2],
    'pipVersion': pip.__version__,
    'setuptools': setuptools,
    'wheels': sorted(wheels),
}))
`;

async function probe(command: string): Promise<Interpreter[]> {
  const { status, output } = await run(command, ['-c', PROBE], { asConfigured: true });
  const found = /^found(.*)$/m.exec(output)?.[1];
  return status === 0 && found !== undefined ? [JSON.parse(found) as Interpreter] : [];
}

/** Commands that may be a Python: those on the path, and all that pyenv has. */
async function candidates(): Promise<string[]> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const versions = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  const listed = await Promise.all(
    onPath.map(async (folder) => {
      const names = await readdir(folder).catch(() => []);
      return names
        .filter((name) => /^python(2\.7|3|3\.\d+)(\.exe)?$/.test(name))
        .map((name) => join(folder, name));
    }),
  );
  const installed = await readdir(versions).catch(() => []);
  return [...new Set([...listed.flat(), ...installed.map((name) => join(versions, name, 'bin', 'python'))])];
}

/** Orders versions that are numbers and dots. */
function compareNumbers(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

function unique<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const first = new Map<string, T>();
  for (const item of items) if (!first.has(keyOf(item))) first.set(keyOf(item), item);
  return [...first.values()];
}

function labelled(interpreter: Interpreter, pipVersion = interpreter.pipVersion): Pip {
  const label = `pip ${pipVersion} on Python ${interpreter.pythonVersion}`;
  return { ...interpreter, pipVersion, label };
}

/**
 * Downloads wheels to `folder` from where this machine's pip is told to look, as far as that is on its
 * disk: nothing is fetched over a network.
 */
export async function wheelsAtHand(
  { python }: Interpreter,
  names: readonly string[],
  folder: string,
): Promise<string[]> {
  const { output } = await run(python, ['-m', 'pip', 'config', 'list'], { asConfigured: true });
  const indexes: string[] = [];
  const links: string[] = [];
  for (const [, key = '', value = ''] of output.matchAll(/^(.*?)='(.*)'$/gm)) {
    const places = value.split(/\s|\\n/).filter((place) => /^(file:|\/)/.test(place));
    if (/\.(extra-)?index-url$/.test(key)) indexes.push(...places);
    if (key.endsWith('.find-links')) links.push(...places);
  }
  const [index, ...more] = [...new Set(indexes)];
  const words = [
    ...(index === undefined ? ['--no-index'] : ['--index-url', index]),
    ...more.flatMap((place) => ['--extra-index-url', place]),
    ...[...new Set(links)].flatMap((place) => ['--find-links', place]),
  ];
  const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--dest', folder];
  await mapBounded(names, JOBS, (name) => run(python, [...download, ...words, name]));
  const found = await readdir(folder).catch(() => []);
  return found.map((name) => join(folder, name));
}

/** A pip from its wheel, on the newest Python that takes it. */
async function unpacked(wheel: string, interpreters: readonly Interpreter[]): Promise<Pip[]> {
  const version = basename(wheel).split('-')[1] ?? '';
  for (const interpreter of interpreters.toReversed()) {
    const pipFolder = freshPath();
    // pip runs from inside its wheel; unpacked it starts faster.
    const words = [join(wheel, 'pip'), 'install', '--no-index', '--no-deps', '--target', pipFolder, wheel];
    const { status } = await run(interpreter.python, words);
    if (status === 0) return [{ ...labelled(interpreter, version), pipFolder }];
  }
  return [];
}

async function discover(): Promise<Pip[]> {
  const probed = (await mapBounded(await candidates(), JOBS, probe)).flat();
  const byPython = (one: Interpreter, other: Interpreter): number =>
    compareNumbers(one.pythonVersion, other.pythonVersion);
  const interpreters = unique(probed, ({ pipVersion, pythonVersion }) => `${pipVersion} ${pythonVersion}`);
  interpreters.sort(byPython);
  if (interpreters.length === 0) await removeHome();
  const own = new Set(interpreters.map(({ pipVersion }) => pipVersion));
  const newest = interpreters.at(-1);
  const atHand = newest === undefined ? [] : await wheelsAtHand(newest, ['pip'], freshPath());
  const wheels = [...interpreters.flatMap((interpreter) => interpreter.wheels), ...atHand]
    .filter((path) => /^pip-[\d.]+-py.*\.whl$/.test(basename(path)))
    .filter((path) => !own.has(basename(path).split('-')[1] ?? ''));
  const others = await mapBounded(
    unique(wheels, (path) => basename(path)),
    JOBS,
    (wheel) => unpacked(wheel, interpreters),
  );
  const pips = [...interpreters.map((interpreter) => labelled(interpreter)), ...others.flat()];
  return pips.sort((one, other) => compareNumbers(one.pipVersion, other.pipVersion) || byPython(one, other));
}

let found: Promise<readonly Pip[]> | undefined;

/** Every pip on this machine, the oldest first. */
export function findPips(): Promise<readonly Pip[]> {
  return (found ??= discover());
}

/** The tests of each of these pips, or a test that is skipped by name (or fails) where there is none. */
export function describePips(pips: readonly Pip[], what: string, tests: (pip: Pip) => void): void {
  for (const pip of pips) describe.concurrent(`${what} with ${pip.label}`, () => tests(pip));
  if (pips.length > 0) return;
  if (process.env['WHEELSTORE_TEST_REQUIRE'] === 'all') {
    it(`${what} needs a Python with pip`, () => {
      throw new Error('There is no Python with pip on this machine');
    });
  } else it.skip(`${what} (skipped: needs a Python with pip)`, () => {});
}

/** Whether a pip is as new as that. */
export function isSince(pip: Pip, since: string): boolean {
  return compareNumbers(pip.pipVersion, since) >= 0;
}

/** The name of a test that is for pips as new as that: for others it says why it is skipped. */
export function nameSince(pip: Pip, since: string, does: string): string {
  return isSince(pip, since) ? does : `${does} (skipped: needs pip ${since})`;
}
