import { describe, expect, it } from 'vitest';
import { plainIndexOf } from '../../../core/plain-folder/plain-index.ts';
import { buildSdist, buildWheel } from '../../support/distributions.ts';
import { passed, wheelAt } from './samples.ts';

describe('A file that has passed', () => {
  it('is known as a record knows it, uploaded when it was last written', async () => {
    const wheel = buildWheel({ name: 'Foo.Bar', version: '1.0', requiresPython: '>=3.8' });
    const { project, entry } = await passed(wheel.filename, wheel);
    expect(project).toBe('foo-bar');
    expect(entry).toEqual({
      filename: 'foo_bar-1.0-py3-none-any.whl',
      kind: 'wheel',
      version: '1.0',
      size: wheel.bytes.length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      generation: 1,
      uploadTime: '2024-05-06T12:00:00.123Z',
      requiresPython: '>=3.8',
      metadataSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      yanked: false,
    });
  });

  it('has no metadata file where its metadata cannot be relied on', async () => {
    const sdist = buildSdist({ name: 'foo', version: '1.0' });
    const { entry } = await passed(sdist.filename, sdist);
    expect(entry.kind).toBe('sdist');
    expect(entry).not.toHaveProperty('metadataSha256');
  });

  it.each([8.64e15, -8.64e15])('has a time that can be written, whatever the disk says: %d', async (time) => {
    const sdist = buildSdist({ name: 'foo', version: '1.0' });
    const { entry } = await passed(sdist.filename, sdist, new Date(time));
    expect(entry.uploadTime).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('The index of a folder', () => {
  it('has a record for each project, its files in canonical order', async () => {
    const files = await Promise.all([
      wheelAt('', 'foo', '1.10'),
      wheelAt('deep/down/', 'bar', '1.0'),
      wheelAt('', 'Foo', '1.9'),
    ]);
    const { records, files: byKey, hidden } = plainIndexOf(files);
    expect([...records.keys()].sort()).toEqual(['bar', 'foo']);
    const foo = [...records.values()].find(({ name }) => name === 'foo');
    expect(foo).toMatchObject({ serial: 1, status: { status: 'active' }, tombstones: [] });
    expect(foo?.files.map(({ version }) => version)).toEqual(['1.9', '1.10']);
    expect([...byKey.values()].map(({ path }) => path).sort()).toEqual(files.map(({ path }) => path).sort());
    for (const [key, { project, entry }] of byKey) {
      expect(key).toBe(`files/${project}/${entry.sha256.slice(0, 16)}/${entry.filename}`);
    }
    expect(hidden).toEqual([]);
  });

  it('has a file once that is there twice', async () => {
    const files = await Promise.all([wheelAt('b/', 'foo', '1.0'), wheelAt('a/', 'foo', '1.0')]);
    const { records, files: byKey, hidden } = plainIndexOf(files);
    expect([...records.values()].flatMap((record) => record.files)).toHaveLength(1);
    expect([...byKey.values()].map(({ path }) => path)).toEqual([files[1]?.path]);
    expect(hidden).toEqual([]);
  });

  it('has the one that is least deep of two with other bytes, and says so, in whatever order they come', async () => {
    const files = await Promise.all([
      wheelAt('a/b/', 'foo', '1.0', 'one'),
      wheelAt('z/', 'foo', '1.0', 'two'),
      wheelAt('y/', 'foo', '1.0', 'three'),
      wheelAt('x/y/z/', 'foo', '1.0', 'three'),
    ]);
    for (const order of [files, files.toReversed()]) {
      const { files: byKey, hidden } = plainIndexOf(order);
      expect([...byKey.values()].map(({ path }) => path)).toEqual(['y/foo-1.0-py3-none-any.whl']);
      expect(hidden.map(({ path }) => path)).toEqual([
        'z/foo-1.0-py3-none-any.whl',
        'a/b/foo-1.0-py3-none-any.whl',
      ]);
      expect(hidden[0]?.reason).toContain('"y/foo-1.0-py3-none-any.whl"');
    }
  });

  it('keeps files of one name apart that are of two projects', async () => {
    const filename = 'a-1-1.tar.gz';
    const one = buildSdist({ name: 'a', version: '1.post1', filename });
    const other = buildSdist({ name: 'a-1', version: '1', filename });
    const { records } = plainIndexOf([await passed(filename, one), await passed(`b/${filename}`, other)]);
    expect([...records.keys()]).toEqual(['a', 'a-1']);
  });

  it('of no files is empty', () => {
    const { records, files } = plainIndexOf([]);
    expect([records.size, files.size]).toEqual([0, 0]);
  });
});
