import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { wheelstore } from '../support/command.ts';
import { buildSdist, buildWheel } from '../support/distributions.ts';
import { htmlOnly } from '../support/html-only.ts';
import { Published } from '../support/published.ts';
import { staticServer } from '../support/python-servers.ts';
import { describeWithPython } from '../support/python.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectSound, Importer } from './importing.ts';
import { jsonOf } from './outcomes.ts';
import { page, ScriptedIndex } from './scripted-index.ts';

const PROVENANCE = '{"version": 1, "attestation_bundles": []}\n';
const REASON = `does not "start" & <stop>, it's 100% 'broken' &amp; \u{1f4a5}`;

/** A repository with everything in it that a record can say, most of it from an index of another kind. */
async function original(): Promise<Importer> {
  const provenance = '/files/foo/1.0.provenance';
  const index = await ScriptedIndex.start({
    foo: [
      {
        ...buildWheel({ name: 'foo', version: '1.0', requiresPython: '>=3.8,<4' }),
        claims: { 'upload-time': '2019-02-03T04:05:06.789012Z', provenance },
      },
      {
        ...buildSdist({ name: 'foo', version: '1.0', metadataVersion: '2.2' }),
        claims: { 'upload-time': '2019-02-03T04:05:07Z', yanked: REASON },
      },
      { ...buildWheel({ name: 'foo', version: '1!2.0+local.1' }), claims: { yanked: true } },
    ],
    'old-name': [
      { ...buildWheel({ name: 'Old.Name', version: '1.0', filename: 'Old.Name-1.0-py3-none-any.whl' }) },
    ],
  });
  index.answers.set(provenance, page(PROVENANCE, { 'content-type': 'application/json' }));
  const deprecated = index.projects.get('old-name');
  if (deprecated !== undefined) deprecated.status = { status: 'deprecated', reason: 'use "bar" & <baz>' };
  const importer = new Importer();
  expect(await importer.import([index.url, '--all'])).toMatchObject({ code: 0 });
  const published = new Published(importer.store);
  await published.add(...['1.0', '2.0', '3.0'].map((version) => buildWheel({ name: 'bar', version })));
  await published.yank('bar', '2.0', REASON);
  expect(await importer.run('status', 'bar', 'archived', '--reason', 'no more')).toMatchObject({ code: 0 });
  return importer;
}

async function copyOf(index: string): Promise<Importer> {
  const copy = new Importer();
  const ending = await copy.import([index, '--all']);
  expect(ending).toMatchObject({ code: 0 });
  const again = await copy.import([index, '--all', '--json']);
  expect(jsonOf(again)).toMatchObject({ imported: [], yanked: 0, problems: [], plan: { present: 7 } });
  await expectSound(copy);
  return copy;
}

async function served(folder: string): Promise<string> {
  const running = await new Published(folder).serve();
  onTestFinished(async () => void (await running.finish()));
  return running.index;
}

/** How often a record was changed is of the repository that it is in: all else has to be the same. */
function withoutSerial(record: string): string {
  return record.replace(/"serial":\s*\d+/, '"serial":0');
}

function expectSame(copy: Importer, from: Importer): void {
  expect(copy.filenames()).toEqual(from.filenames());
  for (const project of ['foo', 'bar', 'old-name']) {
    expect(withoutSerial(copy.record(project))).toBe(withoutSerial(from.record(project)));
  }
  for (const said of [JSON.stringify(REASON), '2019-02-03T04:05:06.789012Z', '"provenanceSha256"']) {
    expect(from.record('foo')).toContain(said);
  }
  expect(from.record('old-name')).toContain('"deprecated"');
}

describe('A repository that is imported again over HTTP', () => {
  it('has the same records, from pages in JSON', async () => {
    const from = await original();
    expectSame(await copyOf(await served(from.store)), from);
  });

  it('has the same records, from pages in HTML', async () => {
    const from = await original();
    expectSame(await copyOf(await htmlOnly(await served(from.store))), from);
  });
});

describeWithPython('A repository that is exported, and served by the http.server of Python', () => {
  it('has the same records when it is imported again', async () => {
    const from = await original();
    const folder = join(temporaryFolder(), 'exported');
    expect(await wheelstore(['export', folder, '--store', from.store])).toMatchObject({ code: 0 });
    expectSame(await copyOf(`${await staticServer(folder)}simple/`), from);
  });
});
