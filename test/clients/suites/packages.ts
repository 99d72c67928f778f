import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildSdist, buildWheel } from '../../support/distributions.ts';
import {
  describePips,
  freshPath,
  installedIn,
  isSince,
  type Pip,
  type Run,
  run,
  runPip,
  wheelsAtHand,
} from '../../support/pips.ts';
import type { Repository } from '../../support/published.ts';
import type { Transport } from '../transports.ts';

/** Publishes the wheels that the Pythons of this machine came with: pip, setuptools, wheel of many years. */
async function publishTools(tools: Repository, pips: readonly Pip[]): Promise<void> {
  const newest = pips.at(-1);
  if (newest === undefined) return;
  const atHand = await wheelsAtHand(newest, ['pip', 'setuptools'], freshPath());
  const paths = [...pips.flatMap(({ wheels }) => wheels), ...atHand];
  const unique = [...new Map(paths.map((path) => [basename(path), path])).values()];
  await tools.upload(...unique);
}

interface Outcome extends Run {
  readonly target: string;
  readonly installed: readonly string[];
}

/** Installs to a fresh folder from what is published. */
async function install(
  pip: Pip,
  published: Repository,
  words: readonly string[],
  imports: readonly string[] = [],
): Promise<Outcome> {
  const served = await published.serve();
  const target = freshPath();
  const options = [
    '--no-cache-dir',
    '--no-compile',
    '--target',
    target,
    ...served.trust,
    '--index-url',
    served.index,
  ];
  const result = await runPip(pip, ['install', ...options, ...words], { imports });
  await served.finish();
  return { ...result, target, installed: await installedIn(target) };
}

// What old projects look like: every Python here can still build it.
const SETUP = `# -*- coding: utf-8 -*-
from setuptools import setup
setup(
    name='Real-Package.core',
    version='2024.01',
    description=u'Gr\\u00fc\\u00dfe',
    long_description='Many lines\\n\\nof text',
    author='Somebody',
    author_email='somebody@example.com',
    url='https://example.com/',
    license='MIT',
    packages=['real_package'],
    python_requires='>=2.7, !=3.0.*',
    install_requires=['Real.Helper (>=1)', 'absent; python_version < "2.7"'],
    extras_require={'more': ['absent>=1']},
    entry_points={'console_scripts': ['real-package = real_package:main']},
    classifiers=['Programming Language :: Python'],
)
`;

const helper = buildWheel({ name: 'real-helper', version: '1.5', tags: 'py2.py3-none-any' });

/** Installs what this Python lacks of setuptools and wheel, from our index; gives where to import them from. */
async function buildTools(tools: Repository, pip: Pip): Promise<string[]> {
  const folders: string[] = [];
  for (const name of pip.setuptools === null ? ['setuptools', 'wheel'] : ['wheel']) {
    const { status, target } = await install(pip, tools, ['--no-deps', name]);
    if (status === 0) folders.push(target);
  }
  return folders;
}

interface Built extends Run {
  readonly paths: readonly string[];
}

/** Runs a command of `setup.py`; what it built is in a folder of its own. */
async function build(pip: Pip, command: string, imports: readonly string[]): Promise<Built> {
  const source = freshPath();
  const dist = freshPath();
  await mkdir(join(source, 'real_package'), { recursive: true });
  await writeFile(join(source, 'setup.py'), SETUP);
  const module = 'import real_helper\ndef main():\n    print("built with setuptools")\n';
  await writeFile(join(source, 'real_package', '__init__.py'), module);
  const words = ['setup.py', '--quiet', command, '--dist-dir', dist];
  const result = await run(pip.python, words, { cwd: source, imports });
  const names = await readdir(dist).catch(() => []);
  return { ...result, paths: names.map((name) => join(dist, name)) };
}

async function expectThatItRuns(pip: Pip, target: string): Promise<void> {
  const words = ['-c', 'import real_package; real_package.main()'];
  const { output } = await run(pip.python, words, { imports: [target] });
  expect(output.trim()).toBe('built with setuptools');
}

/** Before setuptools 69 (PEP 625) names of files kept the spelling of the project, more or less. */
function isOldSpelling(path: string | undefined): boolean {
  return !basename(path ?? '').startsWith('real_package_core-2024.1');
}

const INSTALLED = /^real[-_.]package[-_.]core-2024\.0?1$/;

/** Packages that pip and setuptools have really made. */
export function installsRealPackages(pips: readonly Pip[], { through, newRepository }: Transport): void {
  const tools = newRepository();
  const newest = pips.at(-1);

  beforeAll(() => publishTools(tools, pips));

  describePips(pips, `Real packages${through}`, (pip) => {
    it('installs a setuptools that this Python can import', async () => {
      const { output, installed, target } = await install(pip, tools, ['--no-deps', 'setuptools']);
      const words = ['-c', 'import setuptools; print(setuptools.__file__); print(setuptools.__version__)'];
      const imported = (await run(pip.python, words, { imports: [target] })).output.trim().split('\n');
      expect(imported[0], output).toContain(target);
      expect(installed).toEqual([`setuptools-${imported.at(-1)}`]);
    });

    it('installs a pip that this Python can run', async () => {
      const { output, installed, target } = await install(pip, tools, ['--no-deps', 'pip']);
      const version = (await run(pip.python, ['-m', 'pip', '--version'], { imports: [target] })).output;
      expect(version, output).toContain(target);
      expect(installed).toEqual([`pip-${version.split(' ')[1]}`]);
    });

    it('installs a source distribution that setuptools has made here', async ({ skip }) => {
      const imports = await buildTools(tools, pip);
      if (pip.setuptools === null && imports.length === 0) return skip('needs setuptools');
      const { paths, output: said } = await build(pip, 'sdist', imports);
      expect(paths, said).toHaveLength(1);
      const published = newRepository();
      await published.add(helper);
      const warnings = await published.addPaths(...paths);
      expect(warnings).toHaveLength(isOldSpelling(paths[0]) ? 1 : 0);
      // Older ones know a source distribution only by the name that its filename has.
      const name = isSince(pip, '19.2') ? 'real_PACKAGE-core' : 'REAL-package.core';
      const words = ['--no-build-isolation', name];
      const { output, installed, target } = await install(pip, published, words, imports);
      expect(installed, output).toEqual(['real_helper-1.5', expect.stringMatching(INSTALLED)]);
      await expectThatItRuns(pip, target);
    });

    it('installs a wheel that setuptools has made here', async ({ skip }) => {
      const imports = await buildTools(tools, pip);
      if (pip.setuptools === null && imports.length === 0) return skip('needs setuptools');
      const { paths, output: said, status } = await build(pip, 'bdist_wheel', imports);
      if (status !== 0 && said.includes("invalid command 'bdist_wheel'")) return skip('needs wheel');
      expect(paths, said).toHaveLength(1);
      const published = newRepository();
      await published.add(helper);
      expect(await published.addPaths(...paths)).toHaveLength(isOldSpelling(paths[0]) ? 1 : 0);
      const { output, installed, target } = await install(pip, published, ['real_PACKAGE-core==2024.1']);
      expect(installed, output).toEqual(['real_helper-1.5', expect.stringMatching(INSTALLED)]);
      await expectThatItRuns(pip, target);
    });
  });

  describePips(newest === undefined ? [] : [newest], `Build isolation${through}`, (pip) => {
    it('takes the build tools from the same index', async ({ skip }) => {
      await tools.add(buildSdist({ name: 'to-be-built', version: '1.0' }));
      const { output, installed } = await install(pip, tools, ['to-be-built']);
      // Before 70.1, setuptools needed another project to make a wheel.
      if (output.includes('No matching distribution found for wheel')) return skip('needs setuptools 70.1');
      expect(installed, output).toEqual(['to_be_built-1.0']);
    });
  });
}
