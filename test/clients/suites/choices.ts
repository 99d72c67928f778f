import { beforeAll, expect, it } from 'vitest';
import { buildWheel } from '../../support/distributions.ts';
import {
  describePips,
  freshPath,
  installedIn,
  isSince,
  nameSince,
  type Pip,
  runPip,
} from '../../support/pips.ts';
import type { Repository } from '../../support/published.ts';
import type { Transport } from '../transports.ts';

/** A requirement, and what pip is to make of it. */
interface Case {
  readonly does: string;
  /** The first pip that knows how. */
  readonly since?: string;
  readonly asks: string;
  /** Whether it is about yanked releases, which some repositories do not have. */
  readonly yanked?: true;
  /** pip's option `--pre`. */
  readonly pre?: true;
  /** What is installed then. Nothing: pip has to fail. */
  readonly installs?: string;
  readonly says?: RegExp;
}

const CASES: readonly Case[] = [
  { does: 'installs the newest release by name', asks: 'plain', installs: 'plain-2.0.post1' },
  { does: 'installs the release that is pinned', asks: 'plain==1.1', installs: 'plain-1.1' },
  {
    does: 'finds a release by another spelling of its version',
    asks: 'plain==1.1.0',
    installs: 'plain-1.1',
  },
  { does: 'installs the newest release in a range', asks: 'plain>=1,<2', installs: 'plain-1.10' },
  {
    does: 'finds no release that is not there',
    asks: 'plain==7',
    says: /1\.0, 1\.1, 1\.10, 2\.0, 2\.0\.post1/,
  },
  { does: 'finds no project that is not there', asks: 'nothing-here', says: /No matching distribution/ },

  {
    does: 'finds a project by the name it was published with',
    asks: 'Foo.Bar_baz',
    installs: 'foo_bar_baz-1.0',
  },
  { does: 'finds a project by a mixture of separators', asks: 'Foo_Bar.baz', installs: 'foo_bar_baz-1.0' },
  { does: 'finds a project in capital letters', asks: 'FOO-bar-BAZ', installs: 'foo_bar_baz-1.0' },
  { does: 'finds a project by a run of separators', asks: 'foo-_-bar..baz', installs: 'foo_bar_baz-1.0' },

  {
    does: 'installs a local version that is pinned',
    asks: 'local==1.0+cu121',
    installs: 'local-1.0+cu121',
  },
  { does: 'tells local versions apart', asks: 'local==1.0+cpu', installs: 'local-1.0+cpu' },
  // PEP 440: a local version fits its public version, and comes after it.
  { does: 'takes a local version for its public one', asks: 'local==1.0', installs: 'local-1.0+cu121' },
  {
    does: 'installs the public version where only that is meant',
    asks: 'local===1.0',
    installs: 'local-1.0',
  },

  { does: 'takes a later epoch for newer', asks: 'epochal', installs: 'epochal-1!0.5' },
  {
    does: 'installs a release of an epoch that is pinned',
    asks: 'epochal==1!0.5',
    installs: 'epochal-1!0.5',
  },
  { does: 'installs a release of the first epoch', asks: 'epochal==9.0', installs: 'epochal-9.0' },

  { does: 'passes over pre-releases', asks: 'preview', installs: 'preview-1.0' },
  { does: 'installs pre-releases with --pre', asks: 'preview', pre: true, installs: 'preview-2.1.dev1' },
  { does: 'installs a pre-release that is pinned', asks: 'preview==2.0rc1', installs: 'preview-2.0rc1' },
  { does: 'installs a pre-release where there is nothing else', asks: 'unripe', installs: 'unripe-0.1a2' },

  {
    does: 'passes over yanked releases',
    since: '19.2',
    yanked: true,
    asks: 'regretted',
    installs: 'regretted-1.0',
  },
  {
    does: 'installs a yanked release that is pinned, and tells why it was yanked',
    since: '19.2',
    yanked: true,
    asks: 'regretted==1.1',
    installs: 'regretted-1.1',
    says: /yanked.*\n?.*deletes <all> & "more"/s,
  },
  {
    does: 'finds nothing where all is yanked',
    since: '20.3',
    yanked: true,
    asks: 'gone',
    says: /No matching distribution/,
  },

  { does: 'passes over releases for other Pythons', asks: 'particular', installs: 'particular-1.0' },
  {
    does: 'refuses a release for other Pythons',
    asks: 'particular==2.0',
    says: /No matching distribution/,
  },

  {
    does: 'prefers a wheel with a higher build number',
    asks: 'rebuilt',
    installs: 'rebuilt-1.0',
    says: /rebuilt-1\.0-2-py2/,
  },
];

const EITHER = 'py2.py3-none-any';
const release = (name: string, version: string, more: object = {}) =>
  buildWheel({ name, version, tags: EITHER, ...more });

async function publishAll(published: Repository, yanks: boolean): Promise<void> {
  const yanked = [release('regretted', '1.0'), release('regretted', '1.1'), release('gone', '1.0')];
  await published.add(
    ...(yanks ? yanked : []),
    ...['1.0', '1.1', '1.10', '2.0', '2.0.post1'].map((version) => release('plain', version)),
    release('Foo.Bar_baz', '1.0'),
    ...['1.0', '1.0+cpu', '1.0+cu121'].map((version) => release('local', version)),
    ...['9.0', '1!0.5'].map((version) => release('epochal', version)),
    ...['1.0', '2.0rc1', '2.1.dev1'].map((version) => release('preview', version)),
    ...['0.1a1', '0.1a2'].map((version) => release('unripe', version)),
    release('particular', '1.0', { requiresPython: '>=2.7' }),
    release('particular', '2.0', { requiresPython: '>=99' }),
    release('rebuilt', '1.0'),
    release('rebuilt', '1.0', { build: '2' }),
  );
  if (!yanks) return;
  await published.yank('regretted', '1.1', 'deletes <all> & "more"');
  await published.yank('gone', '1.0', 'no more');
}

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly installed: readonly string[];
}

async function install(published: Repository, pip: Pip, cases: readonly Case[]): Promise<Outcome> {
  const served = await published.serve();
  const target = freshPath();
  const options = ['--no-cache-dir', '--no-deps', '--no-compile', '--target', target];
  if (cases.some(({ pre }) => pre)) options.push('--pre');
  const asks = [...served.trust, '--index-url', served.index, ...cases.map((one) => one.asks)];
  const { status, output } = await runPip(pip, ['install', ...options, ...asks]);
  await served.finish();
  return { status, output, installed: await installedIn(target) };
}

/** The project of a case: of `foo-1.0`, `foo`. */
function projectOf({ asks, installs }: Case): string {
  return installs === undefined ? asks : installs.slice(0, installs.lastIndexOf('-'));
}

/** As few runs of pip as possible: cases of one run ask for different projects, and all can succeed. */
function inRounds(cases: readonly Case[]): Case[][] {
  const rounds: Case[][] = [];
  for (const one of cases) {
    const fitting = rounds.find((round) =>
      round.every(
        (other) =>
          one.installs !== undefined &&
          other.installs !== undefined &&
          one.pre === other.pre &&
          projectOf(one) !== projectOf(other),
      ),
    );
    if (fitting === undefined) rounds.push([one]);
    else fitting.push(one);
  }
  return rounds;
}

/** The releases that pip chooses, of all that an index has. */
export function choosesReleases(
  pips: readonly Pip[],
  { through, yanks = true, newRepository }: Transport,
): void {
  const published = newRepository();
  const possible = CASES.filter(({ yanked }) => yanks || yanked === undefined);

  beforeAll(() => publishAll(published, yanks));

  describePips(pips, `Choosing a release${through}`, (pip) => {
    const able = possible.filter(({ since }) => since === undefined || isSince(pip, since));
    for (const round of inRounds(able)) {
      let running: Promise<Outcome> | undefined;
      for (const one of round) {
        it(one.does, async () => {
          const { status, output, installed } = await (running ??= install(published, pip, round));
          const own = installed.filter((name) => name.startsWith(`${projectOf(one)}-`));
          expect(own, output).toEqual(one.installs === undefined ? [] : [one.installs]);
          expect(status === 0, output).toBe(one.installs !== undefined);
          if (one.says !== undefined) expect(output).toMatch(one.says);
        });
      }
    }
    for (const { does } of CASES.filter((one) => !possible.includes(one))) {
      it.skip(`${does} (skipped: nothing is yanked there)`, () => {});
    }
    for (const { does, since } of possible) {
      if (since !== undefined && !isSince(pip, since)) it.skip(nameSince(pip, since, does), () => {});
    }
  });
}
