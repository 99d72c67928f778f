import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OfferedFile } from '../../core/import/source.ts';
import { normalizeName } from '../../core/names.ts';
import { openIndexSource } from '../../stores/index-source.ts';
import { sha256 } from '../support/bytes.ts';
import { buildSdist, buildWheel, type BuiltFile } from '../support/distributions.ts';
import { htmlOnly } from '../support/html-only.ts';
import { Published } from '../support/published.ts';
import { isPypiserverMissing, pypiServer, staticServer } from '../support/python-servers.ts';
import { describeWithPython } from '../support/python.ts';
import { temporaryFolder } from '../support/temporary.ts';

const FILES: readonly BuiltFile[] = [
  buildWheel({ name: 'foo', version: '1.0', requiresPython: '>=3.8' }),
  buildSdist({ name: 'foo', version: '1.0' }),
  buildWheel({ name: 'foo', version: '1!2.0+local.1' }),
  buildWheel({ name: 'bar', version: '3.0', tags: 'py2.py3-none-any' }),
];

async function open(url: string) {
  const source = await openIndexSource(url, {
    userAgent: 'wheelstore/test',
    pacing: { wait: () => Promise.resolve(), random: () => 0 },
    person: { variables: {}, home: '/nowhere', platform: 'linux' },
  });
  onTestFinished(() => source.close());
  return source;
}

/** Everything that an index offers, having read all of it. */
async function everything(url: string): Promise<ReadonlyMap<string, Omit<OfferedFile, 'location'>>> {
  const source = await open(url);
  const { projects, problems } = await source.projects();
  expect(problems).toEqual([]);
  const offered = new Map<string, Omit<OfferedFile, 'location'>>();
  for (const name of projects) {
    const project = await source.project(name);
    expect(project?.problems).toEqual([]);
    for (const { location, ...file } of project?.files ?? []) {
      const pieces: Uint8Array[] = [];
      for await (const piece of source.read(location, 1_000_000)) pieces.push(piece);
      const built = FILES.find(({ filename }) => filename === file.filename);
      expect(Buffer.concat(pieces).equals(built?.bytes ?? new Uint8Array())).toBe(true);
      offered.set(file.filename, file);
    }
  }
  expect(await source.project(normalizeName('nobody'))).toBeUndefined();
  expect([...offered.keys()].sort()).toEqual(FILES.map(({ filename }) => filename).sort());
  return offered;
}

async function repository() {
  const published = new Published(temporaryFolder());
  await published.add(...FILES);
  await published.yank('foo', '1.0', 'does not "start" & <stop>');
  return published;
}

describe('a repository of ours', () => {
  it('says in HTML what it says in JSON', async () => {
    const served = await (await repository()).serve();
    onTestFinished(async () => void (await served.finish()));
    const offered = await everything(served.index);
    expect(await everything(await htmlOnly(served.index))).toEqual(offered);
    const [wheel] = FILES;
    expect(offered.get(wheel?.filename ?? '')).toMatchObject({
      hashes: { sha256: sha256(wheel?.bytes ?? new Uint8Array()) },
      size: wheel?.bytes.length,
      requiresPython: '>=3.8',
      yanked: 'does not "start" & <stop>',
      uploadTime: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      metadata: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
  });
});

function folderOf(files: readonly BuiltFile[], place: (file: BuiltFile) => string): string {
  const folder = temporaryFolder();
  for (const file of files) {
    mkdirSync(join(folder, place(file)), { recursive: true });
    writeFileSync(join(folder, place(file), file.filename), file.bytes);
  }
  return folder;
}

describeWithPython('The http.server of Python', () => {
  it('says of a repository of ours what it says itself', async () => {
    const published = await repository();
    const served = await published.serve();
    onTestFinished(async () => void (await served.finish()));
    const index = `${await staticServer(published.folder)}simple/`;
    expect(await everything(index)).toEqual(await everything(served.index));
  });

  it('lists folders of distributions, one for each project', async () => {
    const folder = folderOf(FILES, ({ filename }) => filename.split('-', 1)[0] ?? '');
    const offered = await everything(await staticServer(folder));
    expect([...offered.values()].every(({ hashes }) => Object.keys(hashes).length === 0)).toBe(true);
  });

  it('lists a folder without projects, which is no index', async () => {
    const source = await open(await staticServer(folderOf(FILES, () => '.')));
    await expect(source.projects()).rejects.toMatchObject({ code: 'invalid-page' });
  });
});

const isSkipped = isPypiserverMissing();

describe.skipIf(isSkipped)(
  isSkipped ? 'pypiserver (skipped: needs pypiserver in python3)' : 'pypiserver',
  () => {
    it('says where files are, with their hashes', async () => {
      const source = await open(await pypiServer(folderOf(FILES, () => '.')));
      expect((await source.projects()).projects.toSorted()).toEqual(['bar', 'foo']);
      const { files, problems } = (await source.project(normalizeName('bar'))) ?? {};
      expect(problems).toEqual([]);
      expect(files?.map(({ filename }) => filename)).toEqual(['bar-3.0-py2.py3-none-any.whl']);
      expect(Object.keys(files?.[0]?.hashes ?? {})).toHaveLength(1);
      const pieces: Uint8Array[] = [];
      for await (const piece of source.read(files?.[0]?.location ?? '', 1_000_000)) pieces.push(piece);
      expect(Buffer.concat(pieces).equals(FILES[3]?.bytes ?? new Uint8Array())).toBe(true);
    });
  },
);
