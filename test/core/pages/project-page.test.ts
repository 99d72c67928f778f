import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeName } from '../../../core/names.ts';
import type { RenderedPage } from '../../../core/pages/page.ts';
import { renderProjectPage } from '../../../core/pages/project-page.ts';
import type { Representation } from '../../../core/keys.ts';
import type { FileEntry, ProjectRecord } from '../../../core/record.ts';
import { decode, sha256 } from '../../support/bytes.ts';

const HASH = 'ab'.repeat(32);
const METADATA_HASH = 'cd'.repeat(32);

function entry(more: Partial<FileEntry> = {}): FileEntry {
  return {
    filename: 'foo-1.0-py3-none-any.whl',
    kind: 'wheel',
    version: '1.0',
    size: 1234,
    sha256: HASH,
    generation: 1,
    uploadTime: '2026-01-02T03:04:05.678Z',
    yanked: false,
    ...more,
  };
}

function record(more: Partial<ProjectRecord> = {}): ProjectRecord {
  return {
    name: normalizeName('foo'),
    serial: 7,
    status: { status: 'active' },
    files: [entry()],
    tombstones: [],
    ...more,
  };
}

function textOf(pages: readonly RenderedPage[], representation: Representation): string {
  const page = pages.find((candidate) => candidate.representation === representation);
  if (page === undefined) throw new Error(`${representation} is missing`);
  return decode(representation.endsWith('.gz') ? gunzipSync(page.body) : page.body);
}

const jsonOf = (of: ProjectRecord) =>
  JSON.parse(textOf(renderProjectPage(of), 'index.json')) as Record<string, unknown>;
const htmlOf = (of: ProjectRecord) => textOf(renderProjectPage(of), 'index.html');

describe('the page of a project', () => {
  it('says the same in HTML under both content types, and in JSON with and without gzip', () => {
    const pages = renderProjectPage(record());
    expect(pages.map(({ representation }) => representation)).toEqual([
      'index.html',
      'index.v1.html',
      'index.json',
      'index.json.gz',
    ]);
    expect(textOf(pages, 'index.v1.html')).toBe(textOf(pages, 'index.html'));
    expect(textOf(pages, 'index.json.gz')).toBe(textOf(pages, 'index.json'));
    for (const page of pages) expect(page.sha256).toBe(sha256(page.body));
  });

  it('has the same bytes for the same record, always', () => {
    // Also on another machine, and with the next version of Node: the hashes are those of today.
    expect(renderProjectPage(record()).map(({ sha256: hash }) => hash.slice(0, 12))).toMatchInlineSnapshot(`
      [
        "7f3a145116af",
        "7f3a145116af",
        "b8ec81e3fc8c",
        "872032b603ea",
      ]
    `);
  });

  it('has the same bytes whatever there is to say', () => {
    const files = [
      entry({ requiresPython: '>=3.8,<4', metadataSha256: METADATA_HASH }),
      entry({ filename: 'foo-1.0.0.tar.gz', kind: 'sdist', version: '1.0.0', generation: 2, yanked: true }),
      entry({ filename: 'foo-1!2.0+cu1.zip', version: '1!2.0+cu1', yanked: `"no" & <b>'=\`` }),
      entry({ filename: 'é ü.whl', version: '3', provenanceSha256: HASH }),
    ];
    const pages = renderProjectPage(record({ files, status: { status: 'deprecated', reason: '<gone>' } }));
    expect(pages.map(({ sha256: hash }) => hash.slice(0, 12))).toMatchInlineSnapshot(`
      [
        "b7153ca92f79",
        "b7153ca92f79",
        "793e849e7363",
        "9243b45e17c9",
      ]
    `);
  });

  it('states everything that JSON clients need (PEP 691, 700, 714, 792)', () => {
    const file = entry({ requiresPython: '>=3.8', metadataSha256: METADATA_HASH, yanked: 'broken' });
    expect(jsonOf(record({ files: [file] }))).toEqual({
      meta: { 'api-version': '1.4', '_last-serial': 7 },
      name: 'foo',
      'project-status': { status: 'active' },
      versions: ['1.0'],
      files: [
        {
          filename: 'foo-1.0-py3-none-any.whl',
          url: `../../files/foo/abababababababab/foo-1.0-py3-none-any.whl`,
          hashes: { sha256: HASH },
          'requires-python': '>=3.8',
          size: 1234,
          'upload-time': '2026-01-02T03:04:05.678Z',
          yanked: 'broken',
          'core-metadata': { sha256: METADATA_HASH },
          'data-dist-info-metadata': { sha256: METADATA_HASH },
        },
      ],
    });
  });

  it('leaves out what there is not, rather than stating null', () => {
    const [file] = jsonOf(record())['files'] as Record<string, unknown>[];
    expect(Object.keys(file ?? {}).sort()).toEqual([
      'filename',
      'hashes',
      'size',
      'upload-time',
      'url',
      'yanked',
    ]);
    expect(file?.['yanked']).toBe(false);
    expect(htmlOf(record())).not.toMatch(/data-(requires-python|core-metadata|dist-info-metadata|yanked)/);
  });

  it('states everything that HTML clients need', () => {
    const file = entry({ requiresPython: '>=3.8,<4', metadataSha256: METADATA_HASH, yanked: true });
    const html = htmlOf(record({ files: [file], status: { status: 'archived', reason: 'moved' } }));
    expect(html).toMatch(/^<!DOCTYPE html>/);
    expect(html).toContain('<meta name="pypi:repository-version" content="1.4">');
    expect(html).toContain('<meta name="pypi:project-status" content="archived">');
    expect(html).toContain('<meta name="pypi:project-status-reason" content="moved">');
    expect(html).toContain(`href="../../files/foo/abababababababab/foo-1.0-py3-none-any.whl#sha256=${HASH}"`);
    expect(html).toContain('data-requires-python="&gt;&#x3D;3.8,&lt;4"');
    expect(html).toContain(`data-core-metadata="sha256=${METADATA_HASH}"`);
    expect(html).toContain('data-yanked=""');
    expect(html).toContain('>foo-1.0-py3-none-any.whl</a>');
    expect(html).toContain('<!--SERIAL 7-->');
  });

  it('escapes "+" and "!" in URLs, which S3 and browsers read in their own ways', () => {
    const file = entry({ filename: 'foo-1!1.0+cu121-py3-none-any.whl', version: '1!1.0+cu121' });
    const [{ url } = { url: '' }] = jsonOf(record({ files: [file] }))['files'] as { url: string }[];
    expect(url).toContain('%2Bcu121');
    expect(decodeURIComponent(url)).toContain('/foo-1!1.0+cu121-py3-none-any.whl');
  });

  it('names each release once, in the order of versions, 1.0 and 1.0.0 being one', () => {
    const versions = ['0.9', '1.0', '1.0.0', '1.0.post1', '1.10'];
    const files = versions.map((version) => entry({ filename: `foo-${version}.tar.gz`, version }));
    expect(jsonOf(record({ files }))['versions']).toEqual(['0.9', '1.0', '1.0.post1', '1.10']);
  });

  it('offers no files of a project in quarantine', () => {
    const json = jsonOf(record({ status: { status: 'quarantined', reason: 'malware' } }));
    expect(json).toMatchObject({
      files: [],
      versions: [],
      'project-status': { status: 'quarantined', reason: 'malware' },
    });
    expect(htmlOf(record({ status: { status: 'quarantined' } }))).not.toContain('<a ');
  });

  it('stays inert whatever its texts say', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.constantFrom('"', "'", '<', '>', '`', '='),
        (text, sign) => {
          const hostile = `${text}${sign}><script>alert(1)</script> onload=x`;
          const html = htmlOf(
            record({
              status: { status: 'deprecated', reason: hostile },
              files: [entry({ filename: hostile, requiresPython: hostile, yanked: hostile })],
            }),
          );
          const plain = htmlOf(
            record({
              status: { status: 'deprecated', reason: 'x' },
              files: [entry({ filename: 'x', requiresPython: 'x', yanked: 'x' })],
            }),
          );
          const skeleton = (page: string) => page.match(/<\/?[a-z!]+/gi);
          expect(skeleton(html)).toEqual(skeleton(plain));
          expect(html).not.toContain('<script');
        },
      ),
    );
  });
});
