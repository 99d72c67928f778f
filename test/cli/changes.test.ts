import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSdist, buildWheel } from '../support/distributions.ts';
import { wheelstore } from '../support/command.ts';
import { Published } from '../support/published.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { jsonOf } from './outcomes.ts';
import {
  checkEveryLink,
  filesOnPage,
  linksOf,
  projectsOnList,
  publishedWorkplace,
  sha256,
  small,
  snapshotOf,
  workplaceIn,
} from './repositories.ts';

const WHEEL = 'foo-1.0-py3-none-any.whl';

describe('list and show', () => {
  const wheel = buildWheel({ name: 'foo', version: '1.0', requiresPython: '>=3.8' });
  const files = [
    wheel,
    buildSdist({ name: 'foo', version: '1.0' }),
    ...small('foo', '2.0'),
    ...small('a.b', '0.1'),
  ];
  const { store } = workplaceIn(temporaryFolder(afterAll), files);
  beforeAll(() => new Published(store).add(...files));

  it('list shows every project', async () => {
    const { code, stdout } = await wheelstore(['list', '--store', store]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a-b  0.1  1 file\nfoo  2.0  3 files\n' });
  });

  it('list --json has the same', async () => {
    const project = { status: 'active' };
    expect(jsonOf(await wheelstore(['list', '--json', '--store', store]))).toEqual({
      projects: [
        { ...project, name: 'a-b', latest: '0.1', files: 1 },
        { ...project, name: 'foo', latest: '2.0', files: 3 },
      ],
    });
  });

  it.each(['foo', 'Foo', 'FOO'])('show finds a project in any spelling: %s', async (name) => {
    const { code, stdout } = await wheelstore(['show', name, '--store', store]);
    expect(code).toBe(0);
    expect(stdout.replaceAll(/\d+ B, \d{4}-\d\d-\d\d/g, 'facts').split('\n')).toEqual([
      'foo',
      '  1.0',
      '    foo-1.0.tar.gz  (facts)',
      `    ${WHEEL}  (facts, Python >=3.8)`,
      '  2.0',
      '    foo-2.0-py3-none-any.whl  (facts)',
      '',
    ]);
  });

  it('show --json has everything about each file', async () => {
    const json = jsonOf(await wheelstore(['show', 'foo', '--json', '--store', store])) as {
      files: object[];
    };
    expect(json).toMatchObject({ name: 'foo', status: { status: 'active' } });
    expect(json.files).toHaveLength(3);
    const hash = sha256(wheel.bytes);
    expect(json.files[1]).toEqual({
      filename: WHEEL,
      kind: 'wheel',
      version: '1.0',
      size: wheel.bytes.length,
      sha256: hash,
      generation: 1,
      uploadTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      requiresPython: '>=3.8',
      metadataSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      yanked: false,
      key: `files/foo/${hash.slice(0, 16)}/${WHEEL}`,
    });
  });
});

/** The attribute of each link that says whether it is yanked, by filename. */
function yanksOn(store: string, project: string): Record<string, string | undefined> {
  const html = readFileSync(join(store, 'simple', project, 'index.html'), 'utf8');
  return Object.fromEntries(
    linksOf(html).map(({ text, attributes }) => [text, attributes.get('data-yanked')]),
  );
}

describe('yank and unyank', () => {
  it('mark a release and take that back, each once', async () => {
    const { store } = await publishedWorkplace(...small('foo', '1.0', '2.0'));
    const run = async (...words: readonly string[]) => {
      const { code, stdout, stderr } = await wheelstore([...words, '--store', store]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    expect(await run('yank', 'foo', '1.0', '--reason', 'It is broken')).toBe('foo 1.0: 1 file now yanked\n');
    expect(yanksOn(store, 'foo')[WHEEL]).toBe('It is broken');
    expect(yanksOn(store, 'foo')['foo-2.0-py3-none-any.whl']).toBeUndefined();
    expect(await run('show', 'foo')).toMatch(/\)  yanked: It is broken\n/);
    const before = snapshotOf(store);
    // The same release in another spelling.
    expect(await run('yank', 'FOO', '1.0.0', '--reason', 'It is broken')).toBe(
      'foo 1.0.0: 1 file yanked already\n',
    );
    expect(snapshotOf(store)).toEqual(before);
    expect(await run('yank', 'foo', '1.0')).toBe('foo 1.0: 1 file now yanked\n');
    expect(yanksOn(store, 'foo')[WHEEL]).toBe('');
    expect(await run('unyank', 'foo', '1.0')).toBe('foo 1.0: 1 file now not yanked\n');
    expect(yanksOn(store, 'foo')[WHEEL]).toBeUndefined();
    expect(await run('unyank', 'foo', '1.0')).toBe('foo 1.0: 1 file not yanked already\n');
    expect(checkEveryLink(store)).toBe(8);
  });

  it.each([
    '"><script>alert(1)</script>',
    `' onclick='alert(1)`,
    '</a><img src=x onerror=alert`1`>',
    '&quot;',
  ])('keep a reason inert on every page: %s', async (reason) => {
    const { store } = await publishedWorkplace(...small('foo', '1.0'));
    await wheelstore(['yank', 'foo', '1.0', '--reason', reason, '--store', store]);
    await wheelstore(['status', 'foo', 'deprecated', '--reason', reason, '--store', store]);
    for (const name of ['index.html', 'index.v1.html']) {
      const html = readFileSync(join(store, 'simple/foo', name), 'utf8');
      expect(html).not.toContain('<script');
      expect(html).not.toContain('<img');
      // All of it is inside of the one attribute, and a browser reads it as it was given.
      expect(html.match(/<a\b/g)).toHaveLength(1);
      expect([...(linksOf(html)[0]?.attributes.keys() ?? [])]).not.toContain('onclick');
    }
    expect(yanksOn(store, 'foo')).toEqual({ [WHEEL]: reason });
    expect(JSON.parse(readFileSync(join(store, 'simple/foo/index.json'), 'utf8'))).toMatchObject({
      'project-status': { status: 'deprecated', reason },
      files: [{ yanked: reason }],
    });
  });

  it('keep what metadata may hold inert as well', async () => {
    // PEP 440: after "===" comes any text.
    const requiresPython = '===<img/src=x/onerror=alert`1`>"\'&';
    const wheel = buildWheel({ name: 'foo', version: '1.0', requiresPython });
    const { store } = await publishedWorkplace(wheel);
    const html = readFileSync(join(store, 'simple/foo/index.html'), 'utf8');
    expect(html).not.toContain('<img');
    expect(linksOf(html)[0]?.attributes.get('data-requires-python')).toBe(requiresPython);
  });
});

describe('delete', () => {
  it('says with --dry-run what it then does', async () => {
    const { store } = await publishedWorkplace(...small('foo', '1.0', '2.0'));
    const before = snapshotOf(store);
    const words = ['delete', 'foo', '1.0', '--store', store];
    const dry = await wheelstore([...words, '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(
      /^would delete {2}foo-1\.0-py3-none-any\.whl {2}\(\d+ B\)\nNothing was written \(--dry-run\)\.\n$/,
    );
    expect(snapshotOf(store)).toEqual(before);

    const { code, stdout } = await wheelstore(words);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^deleted {2}foo-1\.0-py3-none-any\.whl {2}\(\d+ B\)\nfoo 1\.0: 1 file deleted\n$/,
    );
    expect(filesOnPage(store, 'foo')).toEqual(['foo-2.0-py3-none-any.whl']);
    expect(checkEveryLink(store)).toBe(4);
    expect(Object.keys(snapshotOf(join(store, 'files')) ?? {}).join()).not.toContain(WHEEL);
  });

  it('does nothing where that was done before', async () => {
    const { store } = await publishedWorkplace(...small('foo', '1.0'));
    const words = ['delete', 'foo', '1.0', '--store', store];
    await wheelstore(words);
    const before = snapshotOf(store);
    expect(await wheelstore(words)).toMatchObject({ code: 0, stdout: 'foo 1.0 was deleted before\n' });
    expect(snapshotOf(store)).toEqual(before);
    expect((await wheelstore(['list', '--store', store])).stdout).toBe('foo  -  0 files\n');
  });
});

describe('status', () => {
  it('shows and sets the status of a project', async () => {
    const { store } = await publishedWorkplace(...small('foo', '1.0'), ...small('bar', '1.0'));
    const run = async (...words: readonly string[]) => {
      const { code, stdout, stderr } = await wheelstore(['status', 'foo', ...words, '--store', store]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    expect(await run()).toBe('foo: active\n');
    expect(await run('active')).toBe('foo is already active\n');
    expect(await run('archived')).toBe('foo is now archived\n');
    expect(filesOnPage(store, 'foo')).toEqual([WHEEL]);
    expect(await run('quarantined', '--reason', 'malware?')).toBe('foo is now quarantined\n');
    expect(await run()).toBe('foo: quarantined (malware?)\n');
    expect(filesOnPage(store, 'foo')).toEqual([]);
    expect(projectsOnList(store)).toEqual(['bar']);
    expect((await wheelstore(['show', 'foo', '--store', store])).stdout).toMatch(
      /^foo \(quarantined: malware\?\)\n/,
    );
    expect((await wheelstore(['list', '--store', store])).stdout).toContain('foo  1.0  1 file  quarantined');
    expect(await run('deprecated')).toBe('foo is now deprecated\n');
    expect(await run('active')).toBe('foo is now active\n');
    expect(projectsOnList(store)).toEqual(['bar', 'foo']);
    expect(filesOnPage(store, 'foo')).toEqual([WHEEL]);
  });
});
