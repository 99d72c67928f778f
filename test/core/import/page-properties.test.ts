import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WheelstoreError } from '../../../core/errors.ts';
import { readIndexList, readIndexPage } from '../../../core/import/index-page.ts';
import type { OfferedFile } from '../../../core/import/source.ts';
import { fileKey, urlFromProjectPage } from '../../../core/keys.ts';
import { normalizeName } from '../../../core/names.ts';
import { renderProjectListPage } from '../../../core/pages/project-list-page.ts';
import { renderProjectPage } from '../../../core/pages/project-page.ts';
import { STATUSES, type FileEntry, type ProjectRecord } from '../../../core/record.ts';
import { SEED } from '../../support/seed.ts';
import { LIST_URL, PAGE_URL } from './pages.ts';

const FOO = normalizeName('foo');

const hexOf64 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));

// What a person may give with --reason.
const reason = fc
  .string({ unit: 'binary', maxLength: 40 })
  .map((text) => text.replace(/\p{Cc}/gu, '').trim())
  .filter((text) => text !== '');

const optionalText = (text: fc.Arbitrary<string>) => fc.option(text, { nil: undefined });

const entry: fc.Arbitrary<FileEntry> = fc
  .record({
    filename: fc
      .tuple(
        fc.constantFrom('foo-1.0', 'Foo-1!2.0', 'foo-1.0+local.1'),
        fc.constantFrom('.tar.gz', '.zip', '-1-py3-none-any.whl'),
      )
      .map((parts) => parts.join('')),
    sha256: hexOf64,
    size: fc.maxSafeNat(),
    generation: fc.integer({ min: 1, max: 3 }),
    uploadTime: fc
      .tuple(
        fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }),
        fc.constantFrom('', '000', '999'),
      )
      .map(([date, micros]) => date.toISOString().replace('Z', `${micros}Z`)),
    yanked: fc.oneof(fc.boolean(), reason),
    requiresPython: optionalText(fc.constantFrom('>=3.8', '>=3.8,<4', '!=3.9.*,>3 ,"\'&lt;')),
    metadataSha256: optionalText(hexOf64),
  })
  .map(({ requiresPython, metadataSha256, ...rest }) => ({
    ...rest,
    kind: rest.filename.endsWith('.whl') ? ('wheel' as const) : ('sdist' as const),
    version: '1.0',
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(metadataSha256 === undefined ? {} : { metadataSha256 }),
  }));

const record: fc.Arbitrary<ProjectRecord> = fc
  .tuple(fc.array(entry, { maxLength: 5 }), fc.constantFrom(...STATUSES), optionalText(reason))
  .map(([files, status, why]) => ({
    name: FOO,
    serial: 1,
    status: { status, ...(why === undefined ? {} : { reason: why }) },
    files,
    tombstones: [],
  }));

/** What the page of a record is to be read as. */
function offered(file: FileEntry): OfferedFile {
  const { filename, size, sha256, uploadTime, yanked, requiresPython, metadataSha256 } = file;
  return {
    filename,
    location: new URL(urlFromProjectPage(fileKey({ project: FOO, ...file })), PAGE_URL).href,
    size,
    hashes: { sha256 },
    uploadTime,
    yanked,
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(metadataSha256 === undefined ? {} : { metadata: { sha256: metadataSha256 } }),
  };
}

const TYPES = { 'index.html': 'text/html', 'index.json': 'application/vnd.pypi.simple.v1+json' };

describe('our own pages', () => {
  it.each(Object.entries(TYPES))('%s is read as what its record says', (representation, contentType) => {
    fc.assert(
      fc.property(record, (of) => {
        const page = renderProjectPage(of).find((each) => each.representation === representation);
        const read = readIndexPage({ url: PAGE_URL, contentType, body: page?.body ?? '' });
        expect(read.problems).toEqual([]);
        expect(read.status).toEqual(of.status);
        expect(read.files).toEqual(of.status.status === 'quarantined' ? [] : of.files.map(offered));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it.each(Object.entries(TYPES))('%s of the project list too', (representation, contentType) => {
    const projects = ['a', 'foo-bar', '3d'].map(normalizeName);
    const page = renderProjectListPage(projects, 1).find((each) => each.representation === representation);
    const read = readIndexList({ url: LIST_URL, contentType, body: page?.body ?? '' });
    expect(read).toEqual({ projects: projects.sort(), problems: [] });
  });
});

const fragment = fc.oneof(
  fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '=',
    '&',
    '#',
    '<a href="',
    '</a>',
    '<a ',
    'foo-1.0.tar.gz',
    '&#x110000;',
    '&amp',
    '<!--',
  ),
  fc.constantFrom(
    '<script>',
    '</script',
    '<template>',
    '<base href=',
    '<meta name="pypi:repository-version" content="1',
    '<![CDATA[',
  ),
  fc.constantFrom(
    'data-yanked',
    'data-core-metadata="sha256=',
    'data-size=',
    '{"meta":{"api-version":"1.0"},',
    '"files":[',
    '{}',
    'null',
    '<svg>',
    '<title>',
  ),
  fc.string({ unit: 'binary', maxLength: 5 }),
);

describe('bytes of any kind', () => {
  const types = [
    '',
    'text/html',
    'text/html; charset=utf-16le',
    'application/json',
    'application/vnd.pypi.simple.v1+json',
  ];

  it('are read, or refused with a reason', () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fragment, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(body, fc.constantFrom(...types), (bytes, contentType) => {
        for (const read of [readIndexPage, readIndexList]) {
          try {
            read({ url: PAGE_URL, contentType, body: bytes });
          } catch (error) {
            expect(error).toBeInstanceOf(WheelstoreError);
          }
        }
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it('take as long as they are, not longer', () => {
    const long = [
      '<a href=',
      '<b></b>',
      '</b>',
      '&',
      '&amp;',
      '<!--',
      '<script>',
      '<',
      '"',
      '<a href="x">',
      '<p>',
      '<title>',
      '<svg><a>',
    ];
    for (const part of long) {
      const body = `<!DOCTYPE html>${part.repeat(Math.ceil(2_000_000 / part.length))}`;
      const start = performance.now();
      try {
        readIndexPage({ url: PAGE_URL, contentType: 'text/html', body });
      } catch (error) {
        expect(error).toBeInstanceOf(WheelstoreError);
      }
      // Some tenths of a second; what grows with the square of the length takes minutes.
      expect([part, performance.now() - start < 20_000]).toEqual([part, true]);
    }
  });
});
