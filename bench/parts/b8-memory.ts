import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeStreamedWheel } from '../../test/support/streamed-wheel.ts';
import { complete, WHEELSTORE } from '../frame/command.ts';
import { mostGoal } from '../frame/goals.ts';
import { startLoadGenerator } from '../frame/load.ts';
import { measure } from '../frame/measure.ts';
import { forgetPeak, peakOf } from '../frame/memory.ts';
import type { Group, Part, Setting } from '../frame/part.ts';
import { measureRebuild } from '../frame/rebuild.ts';
import { AWS, bucketOf, bucketsOf, emptyBucket, startDistantS3 } from '../frame/s3.ts';
import { startServer } from '../frame/servers.ts';

const CLIENTS = 20;

/** In MiB. */
const MOST = 150;

/** What the largest things take of memory. */
export const memory: Part = {
  title: 'Memory',
  run: async (setting) => {
    const { scope } = setting;
    const bytes = setting.size(1_000_000_000, 20_000_000);
    const folder = await scope.folder();
    const wheel = join(folder, 'large-1.0-py3-none-any.whl');
    await writeStreamedWheel(wheel, { name: 'large', version: '1.0', size: bytes });
    const title = `a wheel of ${bytes / 1_000_000} MB`;
    const published = await publishing(setting, title, wheel, folder);
    const served = await serving(setting, title, wheel, folder);
    await rm(wheel);
    const rebuilt = await measureRebuild(setting, setting.size(70_000, 300), { alone: true });
    const groups = [published, served, { ...rebuilt, title: `rebuild ${rebuilt.title}` }];
    const goals = [published, served].flatMap((group) =>
      group.measured.map(({ name, peakMemory }) =>
        mostGoal(`${name}, ${title}: under ${MOST} MiB`, peakMemory && peakMemory / 1024, MOST, 'MiB'),
      ),
    );
    return { groups, goals, notMeasured: [] };
  },
};

async function publishing(setting: Setting, title: string, wheel: string, folder: string): Promise<Group> {
  const { scope } = setting;
  const s3 = await startDistantS3(setting, bucketsOf(['wheelstore'], setting.runs));
  const endpoint = ['--s3-endpoint-url', s3.proxy.url];
  return measure(setting, `publish ${title}`, [
    {
      name: 'to a folder',
      run: async (turn) => {
        const store = join(folder, `repository-${turn}`);
        const ended = await complete(scope, WHEELSTORE, ['upload', wheel, '--store', store]);
        await rm(store, { recursive: true });
        return ended;
      },
    },
    {
      name: 'to a bucket',
      run: async (turn) => {
        const bucket = bucketOf('wheelstore', turn);
        const words = ['upload', wheel, '--bucket', bucket, ...endpoint];
        const ended = await complete(scope, WHEELSTORE, words, { env: AWS });
        // The server has all of it in memory.
        await emptyBucket(s3, bucket);
        return ended;
      },
    },
  ]);
}

async function serving(setting: Setting, title: string, wheel: string, folder: string): Promise<Group> {
  const { scope } = setting;
  const repository = join(folder, 'repository');
  await complete(scope, WHEELSTORE, ['upload', wheel, '--store', repository]);
  const command = [...WHEELSTORE, 'serve', repository, '--port', '0', '--quiet'];
  const { url, child } = await startServer(scope, command, /at (http:\S+)\/simple\//);
  const page = `${url}/simple/large/`;
  const html = await (await fetch(page, { headers: { accept: 'text/html' } })).text();
  const file = new URL(/<a href="([^"#]+)/.exec(html)?.[1] ?? '', page).href;
  const load = startLoadGenerator(scope);
  return measure(setting, `serve ${title} to ${CLIENTS} clients at once`, [
    {
      name: 'serve',
      run: async () => {
        forgetPeak(child.pid);
        const end = { requests: CLIENTS };
        const many = { url: file, headers: {}, end, connections: CLIENTS, status: 200 };
        const { milliseconds } = await load.run(many);
        return { milliseconds, peakMemory: peakOf(child.pid) };
      },
    },
  ]);
}
