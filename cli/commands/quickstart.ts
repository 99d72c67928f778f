import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Distribution } from '../../core/distribution.ts';
import { stopIfAborted, type Environment } from '../../core/environment.ts';
import { projectNames } from '../../core/project-list.ts';
import { publish } from '../../core/publish.ts';
import { compareVersions, parseVersion } from '../../core/versions.ts';
import { createIndexServer } from '../../server/index-server.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { describeFailure } from '../../stores/failures.ts';
import { planInputs } from '../distributions.ts';
import { FAILED } from '../failure.ts';
import { interruptSignal, untilAborted } from '../interrupt.ts';
import { printPublished, reportFailures } from '../published.ts';
import { findPython, runPython, type Python } from '../quickstart/python.ts';
import { buildSampleWheel, SAMPLE_DEMO } from '../quickstart/sample.ts';
import { environmentOf } from '../repository.ts';
import { printLine, styled, type Terminal } from '../terminal.ts';
import type { Explain } from '../explain.ts';
import { explained } from '../verbose-store.ts';

export interface QuickstartOptions {
  readonly once?: boolean;
  /** With `--verbose`, is told what is done. */
  readonly explain?: Explain;
}

/** `wheelstore quickstart [DIST...]`: the whole way from a file to an installed package. */
export async function quickstart(
  terminal: Terminal,
  inputs: readonly string[],
  { once, explain }: QuickstartOptions,
): Promise<number> {
  const workplace = await writing(tmpdir(), () => mkdtemp(join(tmpdir(), 'wheelstore-')));
  try {
    const signal = interruptSignal(terminal);
    const store = explained(new DirectoryStore(join(workplace, 'packages')), explain);
    const environment = environmentOf(store, { signal });
    const isSample = inputs.length === 0;

    step(terminal, isSample ? 'Build a sample package' : 'Check your files');
    const paths = isSample ? [await writeSample(workplace)] : inputs;
    const plan = await planInputs(environment, paths, 'refuse');
    const distributions = plan.files.map(({ distribution }) => distribution);
    for (const { filename } of distributions) printLine(terminal, `  ${filename}`);

    step(terminal, `Publish to the folder ${join(workplace, 'packages')}`);
    const result = await publish(environment, plan);
    const code = reportFailures(terminal, result.failures);
    if (code !== 0) return code;
    printPublished(terminal, result);

    const server = createIndexServer({ store: environment.store });
    const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
    try {
      step(terminal, `Serve it at ${url}/simple/`);
      const status = await install(terminal, environment, distributions, {
        indexUrl: `${url}/simple/`,
        workplace,
        isSample,
      });
      stopIfAborted(environment);
      if (once === true) return status;
      showWhatIsThere(terminal, url, distributions);
      await untilAborted(signal);
      return status;
    } finally {
      await server.close();
    }
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }
}

function step(terminal: Terminal, title: string): void {
  printLine(terminal);
  printLine(terminal, styled('bold', `==> ${title}`));
}

async function writeSample(workplace: string): Promise<string> {
  const { filename, bytes } = buildSampleWheel();
  const path = join(workplace, filename);
  await writing(path, () => writeFile(path, bytes));
  return path;
}

/** An sdist would be built with tools from the index, and this one has none. */
const WITH_OWN_TOOLS = '--no-build-isolation';

async function writing<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw describeFailure(error, path, 'write');
  }
}

interface Installation {
  readonly indexUrl: string;
  /** Goes away at the end, with all that pip leaves behind. */
  readonly workplace: string;
  readonly isSample: boolean;
}

/** @returns the status of pip; a failure too where there is no pip */
async function install(
  terminal: Terminal,
  environment: Environment,
  distributions: readonly Distribution[],
  { indexUrl, workplace, isSample }: Installation,
): Promise<number> {
  const newest = newestReleases(distributions);
  const target = join(workplace, 'installed');
  const words = ['-m', 'pip', 'install', '--index-url', indexUrl, '--target', target];
  const options = await optionsFor(terminal, environment, newest);
  const names = newest.map(({ project, version }) => `${project}==${version}`);
  step(terminal, `python3 ${[...words, ...options, ...names].join(' ')}`);
  const python = await findPython();
  stopIfAborted(environment);
  if (python === undefined) {
    printLine(terminal, '  There is no python3 with pip on this machine, so nothing was installed.');
    return FAILED;
  }
  const pip = [...words, '--no-cache-dir', ...options, ...names];
  const status = await show(terminal, python, pip, workplace);
  stopIfAborted(environment);
  if (status !== 0) {
    if (options.includes(WITH_OWN_TOOLS)) {
      printLine(
        terminal,
        '  An sdist is built with the tools that this python3 has: install setuptools and wheel,',
      );
      printLine(terminal, '  or what its pyproject.toml asks for; or publish a wheel.');
    }
    return status;
  }
  if (!isSample) return 0;
  step(terminal, 'Import it');
  const demo = `import sys; sys.path.insert(0, ${JSON.stringify(target)}); ${SAMPLE_DEMO}`;
  return show(terminal, python, ['-c', demo], workplace);
}

async function show(
  terminal: Terminal,
  python: Python,
  words: readonly string[],
  temporary: string,
): Promise<number> {
  const status = await runPython(python, words, (line) => printLine(terminal, `  ${line}`), temporary);
  return status ?? FAILED;
}

function newestReleases(distributions: readonly Distribution[]): Distribution[] {
  const newest = new Map<string, Distribution>();
  for (const distribution of distributions) {
    const other = newest.get(distribution.project);
    if (other === undefined || isBetter(distribution, other)) newest.set(distribution.project, distribution);
  }
  return [...newest.values()];
}

function isBetter(one: Distribution, other: Distribution): boolean {
  const order = compareVersions(parseVersion(one.version), parseVersion(other.version));
  return order > 0 || (order === 0 && one.kind === 'wheel' && other.kind === 'sdist');
}

/** Nothing but this index is asked: what is not in it cannot be installed with it. */
async function optionsFor(
  terminal: Terminal,
  { store }: Environment,
  distributions: readonly Distribution[],
): Promise<string[]> {
  const there = new Set(await projectNames(store));
  const missing = new Set(
    distributions.flatMap(({ dependencies }) => dependencies.filter((name) => !there.has(name))),
  );
  const options: string[] = [];
  if (missing.size > 0) {
    printLine(terminal, `  Not in this index, so left out: ${[...missing].join(', ')}`);
    options.push('--no-deps');
  }
  if (distributions.some(({ kind }) => kind === 'sdist')) options.push(WITH_OWN_TOOLS);
  return options;
}

function showWhatIsThere(terminal: Terminal, url: string, distributions: readonly Distribution[]): void {
  const projects = [...new Set(distributions.map(({ project }) => project))];
  step(terminal, 'It is yours');
  printLine(terminal, `  Project list:  ${url}/simple/`);
  for (const project of projects.slice(0, 5))
    printLine(terminal, `  Project page:  ${url}/simple/${project}/`);
  printLine(
    terminal,
    `  Install:       pip install --index-url ${url}/simple/ ${projects.slice(0, 5).join(' ')}`,
  );
  printLine(terminal);
  printLine(terminal, '  Ctrl-C stops the server and removes this folder. To keep one:');
  printLine(terminal, '    wheelstore upload dist/* --store ./packages');
  printLine(terminal, '    wheelstore serve ./packages');
}
