import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildWheel } from '../support/distributions.ts';
import { findPips, freshPath, installedIn, run } from '../support/pips.ts';
import { Published, type Requests } from '../support/published.ts';

const hasUv = spawnSync('uv', ['--version']).status === 0;
// uv installs for a Python that somebody else brings.
const python = hasUv
  ? (await findPips()).findLast(({ pythonVersion }) => pythonVersion !== '2.7')
  : undefined;

const wheel = (name: string, version: string, more: object = {}) => buildWheel({ name, version, ...more });
const published = new Published(freshPath());

interface Outcome {
  readonly output: string;
  readonly installed: readonly string[];
  readonly requests: Requests;
}

async function install(requirement: string): Promise<Outcome> {
  const served = await published.serve();
  const target = freshPath();
  const options = ['--no-config', '--no-cache', '--python', python?.python ?? '', '--target', target];
  const words = ['pip', 'install', ...options, '--index-url', served.index, requirement];
  const { output } = await run('uv', words);
  return { output, installed: await installedIn(target), requests: await served.finish() };
}

/** What uv is to make of a requirement. */
const CASES: readonly (readonly [does: string, asks: string, installs: readonly string[]])[] = [
  ['installs the newest release by name', 'plain', ['plain-2.0']],
  ['installs the release that is pinned', 'plain==1.0', ['plain-1.0']],
  ['finds a project by another spelling', 'Foo_Bar.baz', ['foo_bar_baz-1.0']],
  ['installs a local version that is pinned', 'local==1.0+cu121', ['local-1.0+cu121']],
  ['takes a later epoch for newer', 'epochal', ['epochal-1!0.5']],
  ['passes over yanked releases', 'regretted', ['regretted-1.0']],
  ['installs a yanked release that is pinned', 'regretted==1.1', ['regretted-1.1']],
  ['passes over releases for other Pythons', 'particular', ['particular-1.0']],
];

const name = hasUv ? 'uv' : 'uv (skipped: needs uv)';

// Unlike Python and pip, uv is on few machines: this may be skipped everywhere.
describe.skipIf(python === undefined)(name, () => {
  beforeAll(async () => {
    await published.add(
      ...['1.0', '2.0'].map((version) => wheel('plain', version)),
      wheel('Foo.Bar_baz', '1.0'),
      ...['1.0', '1.0+cpu', '1.0+cu121'].map((version) => wheel('local', version)),
      ...['9.0', '1!0.5'].map((version) => wheel('epochal', version)),
      ...['1.0', '1.1'].map((version) => wheel('regretted', version)),
      wheel('particular', '1.0'),
      wheel('particular', '2.0', { requiresPython: '>=99' }),
      wheel('top', '1.0', { requiresDist: ['middle>=1'] }),
      wheel('middle', '1.0'),
      wheel('middle', '1.5'),
    );
    await published.yank('regretted', '1.1', 'broken');
  });

  it.each(CASES)('%s', async (_, asks, installs) => {
    const { installed, output } = await install(asks);
    expect(installed, output).toEqual(installs);
  });

  it('reads metadata, and downloads only what it installs', async () => {
    const { requests, output } = await install('top');
    const expected = ['middle-1.5-py3-none-any.whl', 'top-1.0-py3-none-any.whl'];
    expect([requests.pages, requests.metadata, requests.files], output).toEqual([
      ['middle', 'top'],
      expected,
      expected,
    ]);
    expect(requests.objects[0]).toMatch(/index\.json(\.gz)?$/);
  });
});
