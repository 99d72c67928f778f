import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { complete, WHEELSTORE } from '../frame/command.ts';
import { mostGoal } from '../frame/goals.ts';
import { measure } from '../frame/measure.ts';
import type { Goal, Group, NotMeasured, Part, Setting } from '../frame/part.ts';
import { python } from '../frame/peers.ts';
import { startProxy, type Proxy } from '../frame/proxy.ts';
import { startServer } from '../frame/servers.ts';
import { dependencyTree, ROOT } from '../frame/tree.ts';
import { writeWheels } from '../frame/wheels.ts';
import { withoutMetadata } from '../frame/without-metadata.ts';

/** Requirements, split at spaces, whose tree is fetched once from the indexes that pip is configured with. */
const TREE_VARIABLE = 'WHEELSTORE_BENCH_TREE';

const WITH = 'with .metadata';
const WITHOUT = 'without .metadata';

/** A tree of distributions in one folder, and what to install of it. */
interface Tree {
  readonly title: string;
  readonly requirements: readonly string[];
  readonly folder: string;
}

/** pip with an empty cache: what it has to fetch, and how long that takes from afar. */
export const install: Part = {
  title: 'A cold pip install',
  run: async (setting) => {
    const real = (process.env[TREE_VARIABLE] ?? '').split(' ').filter((word) => word !== '');
    const trees = [await madeUp(setting), ...(real.length === 0 ? [] : [await fetched(setting, real)])];
    const groups: Group[] = [];
    for (const tree of trees) groups.push(...(await installs(setting, tree)));
    const notMeasured: NotMeasured[] =
      real.length > 0 ? [] : [{ what: 'a real tree', because: `${TREE_VARIABLE} names no requirements` }];
    return { groups, goals: groups.map(bytesGoal), notMeasured };
  },
};

function bytesGoal({ title, measured }: Group): Goal {
  const [mine, theirs] = [WITH, WITHOUT].map(
    (name) => measured.find((each) => each.name === name)?.counts['bytes'],
  );
  const share = mine === undefined || theirs === undefined ? undefined : mine / theirs;
  return mostGoal(`${title}: under a tenth of the bytes`, share, 0.1, 'of the bytes');
}

async function madeUp({ scope, size }: Setting): Promise<Tree> {
  const folder = await scope.folder();
  const tree = { libraries: size(12, 2), releases: size(40, 5), payload: size(2_000_000, 20_000) };
  await writeWheels(folder, dependencyTree(tree));
  return { title: 'made-up tree', requirements: [ROOT], folder };
}

async function fetched({ scope }: Setting, requirements: readonly string[]): Promise<Tree> {
  const folder = await scope.folder();
  const words = ['-m', 'pip', 'download', '--quiet', '--only-binary', ':all:', '--dest', folder];
  // As whoever measures has configured it: this is not measured.
  const configured = Object.entries(process.env).filter(([name]) => name.startsWith('PIP_'));
  const env = Object.fromEntries(configured) as Record<string, string>;
  await complete(scope, python(), [...words, ...requirements], { env });
  const { length } = await readdir(folder);
  return { title: `${requirements.join(' ')} (${length} wheels)`, requirements, folder };
}

async function installs(setting: Setting, { title, requirements, folder }: Tree): Promise<Group[]> {
  const { scope } = setting;
  const repository = join(folder, 'repository');
  const bare = join(folder, 'bare');
  await complete(scope, WHEELSTORE, ['upload', join(folder, '*.whl'), '--store', repository]);
  await withoutMetadata(scope, repository, bare);
  const contestants = [
    { name: WITH, proxy: await served(setting, repository) },
    { name: WITHOUT, proxy: await served(setting, bare) },
  ];
  const groups: Group[] = [];
  for (const [what, words] of [
    ['resolve (--dry-run)', ['--dry-run']],
    ['install', []],
  ] as const) {
    groups.push(
      await measure(
        setting,
        `${title}: ${what}, ${setting.latency} ms a request`,
        contestants.map(({ name, proxy }) => ({
          name,
          run: () => cold(setting, proxy, [...words, ...requirements], folder),
        })),
      ),
    );
  }
  return groups;
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
