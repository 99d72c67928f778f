import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { complete, WHEELSTORE } from '../frame/command.ts';
import { mostGoal } from '../frame/goals.ts';
import { measure } from '../frame/measure.ts';
import type { Goal, Group, NotMeasured, Part, Setting } from '../frame/part.ts';
import { python } from '../frame/peers.ts';
import { startProxy, type Proxy } from '../frame/proxy.ts';
import { startServer } from '../frame/servers.ts';
import { realTree } from '../frame/real-tree.ts';
import { madeUpTree, type Tree } from '../frame/tree.ts';
import { withoutMetadata } from '../frame/without-metadata.ts';

const WITH = 'with .metadata';
const WITHOUT = 'without .metadata';

/** The goal: so much of the bytes. */
const MOST = 0.1;

const KINDS = [
  { name: 'resolve', words: ['--dry-run'], note: 'pip downloads no wheel for it, from 25.3 on' },
  { name: 'install', words: [], note: 'what is installed is downloaded in any case' },
];

/** pip with an empty cache: what it has to fetch, and how long that takes from afar. */
export const install: Part = {
  title: 'A cold pip install',
  run: async (setting) => {
    const { scope, size } = setting;
    const madeUp = { libraries: size(12, 2), releases: size(40, 5), payload: size(2_000_000, 100_000) };
    const trees = [await madeUpTree(scope, madeUp)];
    const notMeasured: NotMeasured[] = [];
    const real = await realTree(scope);
    if ('because' in real) notMeasured.push(real);
    else trees.push(real);
    const groups: Group[] = [];
    const goals: Goal[] = [];
    for (const tree of trees) {
      const contestants = await startBoth(setting, tree);
      for (const { name, words, note } of KINDS) {
        const group = await measureInstall(setting, tree, name, words, contestants);
        groups.push(group);
        const text = `${tree.title}, ${name}: under a tenth of the bytes (${note})`;
        goals.push(mostGoal(text, shareOf(group), MOST, 'of the bytes'));
      }
    }
    return { groups, goals, notMeasured };
  },
};

function shareOf({ measured }: Group): number | undefined {
  const [mine, theirs] = [WITH, WITHOUT].map(
    (name) => measured.find((each) => each.name === name)?.counts['bytes'],
  );
  return mine === undefined || theirs === undefined ? undefined : mine / theirs;
}

/** A repository with metadata files and one without, each at a distance. */
interface Served {
  readonly name: string;
  readonly proxy: Proxy;
}

async function startBoth(setting: Setting, { folder }: Tree): Promise<Served[]> {
  const repository = join(folder, 'repository');
  const bare = join(folder, 'bare');
  await complete(setting.scope, WHEELSTORE, ['upload', join(folder, '*.whl'), '--store', repository]);
  await withoutMetadata(setting.scope, repository, bare);
  return [
    { name: WITH, proxy: await served(setting, repository) },
    { name: WITHOUT, proxy: await served(setting, bare) },
  ];
}

function measureInstall(
  setting: Setting,
  { title, requirements, folder }: Tree,
  kind: string,
  words: readonly string[],
  contestants: readonly Served[],
): Promise<Group> {
  return measure(
    setting,
    `${title}: ${kind}`,
    contestants.map(({ name, proxy }) => ({
      name,
      run: () => cold(setting, proxy, [...words, ...requirements], folder),
    })),
  );
}

async function served({ scope, latency }: Setting, repository: string): Promise<Proxy> {
  const command = [...WHEELSTORE, 'serve', repository, '--port', '0', '--quiet'];
  const { url } = await startServer(scope, command, /at (http:\S+)\/simple\//);
  return startProxy(scope, url, latency);
}

/** One installation, in which nothing is left of those before. */
async function cold(
  { scope }: Setting,
  proxy: Proxy,
  words: readonly string[],
  folder: string,
): ReturnType<typeof complete> {
  const target = await mkdtemp(join(folder, 'target-'));
  const pip = ['-m', 'pip', 'install', '--isolated', '--quiet', '--no-cache-dir', '--no-compile'];
  const place = ['--disable-pip-version-check', '--index-url', `${proxy.url}/simple/`, '--target', target];
  await proxy.take();
  const ended = await complete(scope, python(), [...pip, ...place, ...words], {
    // Whose configuration names other indexes would measure them.
    env: { PIP_CONFIG_FILE: '/dev/null' },
  });
  const { requests, sent } = await proxy.take();
  await rm(target, { recursive: true, force: true });
  return { ...ended, counts: { requests, bytes: sent } };
}
