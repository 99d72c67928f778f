import { describe, expect, it } from 'vitest';
import { bytesInMemory } from '../../core/bytes.ts';
import { inspectDistribution, type Distribution } from '../../core/distribution.ts';
import { buildSdist, buildWheel, type BuiltFile } from '../support/distributions.ts';
import { decode, sha256 } from '../support/bytes.ts';

const inspect = ({ filename, bytes }: BuiltFile): Promise<Distribution> =>
  inspectDistribution(filename, bytesInMemory(bytes));

describe('a distribution that is fine', () => {
  it('is described from its own metadata', async () => {
    const built = buildWheel({
      name: 'Foo.Bar',
      version: '1.0',
      requiresPython: '>=3.8',
      requiresDist: ['Some_Thing>=1', 'other ; extra == "more"', 'third ; python_version < "4"'],
      filename: 'foo_bar-1.0-py3-none-any.whl',
    });
    const distribution = await inspect(built);
    expect(distribution).toMatchObject({
      filename: 'foo_bar-1.0-py3-none-any.whl',
      kind: 'wheel',
      project: 'foo-bar',
      version: '1.0',
      sha256: sha256(built.bytes),
      requiresPython: '>=3.8',
      dependencies: ['some-thing', 'third'],
      warnings: [],
    });
    const { metadata } = distribution;
    expect(decode(metadata?.bytes ?? new Uint8Array())).toMatch(/^Metadata-Version: /);
    expect(metadata?.sha256).toBe(sha256(metadata?.bytes ?? new Uint8Array()));
  });

  it.each([
    ['2.1', [], false],
    ['2.2', [], true],
    ['2.2', ['Dynamic: Requires-Dist'], false],
    ['2.2', ['Dynamic: Summary'], true],
  ] as const)(
    'offers the metadata of an sdist only where it can be relied on (version %s, %j)',
    async (metadataVersion, extraHeaders, isOffered) => {
      const sdist = buildSdist({
        name: 'foo',
        version: '1.0',
        format: 'tar.gz',
        metadataVersion,
        extraHeaders: [...extraHeaders],
      });
      const { metadata } = await inspect(sdist);
      expect(metadata !== undefined).toBe(isOffered);
    },
  );

  it.each(['my-package-1.0.tar.gz', 'My.Package-1.0.tar.gz', 'my_package-1.0.zip'])(
    'is taken under the older spelling %s, with a warning',
    async (filename) => {
      const format = filename.endsWith('.zip') ? 'zip' : 'tar.gz';
      const { bytes } = buildSdist({ name: 'my-package', version: '1.0', format });
      const distribution = await inspect({ filename, bytes });
      expect(distribution).toMatchObject({ project: 'my-package', version: '1.0', kind: 'sdist' });
      expect(distribution.warnings).toHaveLength(1);
    },
  );
});

describe('a distribution that contradicts itself', () => {
  const refused = { code: 'invalid-metadata' };

  it.each(['bar-1.0-py3-none-any.whl', 'foo-1.1-py3-none-any.whl'])('is refused as %s', async (filename) => {
    const { bytes } = buildWheel({ name: 'foo', version: '1.0' });
    await expect(inspect({ filename, bytes })).rejects.toMatchObject(refused);
  });

  it.each(['bar-1.0.tar.gz', 'foo-1.1.tar.gz', 'foo-bar-1.0.tar.gz'])(
    'is refused as %s',
    async (filename) => {
      const { bytes } = buildSdist({ name: 'foo', version: '1.0', format: 'tar.gz' });
      await expect(inspect({ filename, bytes })).rejects.toMatchObject(refused);
    },
  );

  it('is refused where its metadata folder is of another project', async () => {
    const metadata = 'Metadata-Version: 2.1\nName: bar\nVersion: 1.0\n';
    const { bytes } = buildWheel({ name: 'foo', version: '1.0', metadata });
    await expect(inspect({ filename: 'bar-1.0-py3-none-any.whl', bytes })).rejects.toMatchObject({
      ...refused,
      value: 'foo-1.0.dist-info',
    });
  });

  it('is refused where a license file that it names is missing, and taken where it is there', async () => {
    const extraHeaders = ['License-File: LICENSE'];
    const spec = { name: 'foo', version: '1.0', metadataVersion: '2.4', extraHeaders };
    await expect(inspect(buildWheel(spec))).rejects.toMatchObject({ ...refused, value: 'LICENSE' });
    const complete = buildWheel({ ...spec, files: { 'foo-1.0.dist-info/licenses/LICENSE': 'MIT' } });
    expect((await inspect(complete)).warnings).toEqual([]);
  });
});
