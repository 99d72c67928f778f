import { describe, expect, it } from 'vitest';
import { readIndexPage } from '../../../core/import/index-page.ts';
import { thrownBy } from '../thrown.ts';
import { bare, jsonFiles, jsonPage, PAGE_URL, SHA256 } from './pages.ts';

const meta = { 'api-version': '1.1' };
const file = (more: object = {}) => ({
  filename: 'foo-1.0.tar.gz',
  url: 'foo-1.0.tar.gz',
  hashes: { sha256: SHA256 },
  ...more,
});
const one = (more: object) => {
  const { files, problems } = jsonFiles(file(more));
  expect(problems).toEqual([]);
  expect(files).toHaveLength(1);
  return files[0];
};

describe('the page of a project in JSON', () => {
  it('says everything that PyPI says', () => {
    const url = 'https://files.old.example/packages/ab/cd/foo-1.0-py3-none-any.whl';
    const { project, status, files, problems } = jsonPage({
      meta: { _last_serial: 12, 'api-version': '1.4' },
      name: 'Foo',
      versions: ['1.0'],
      'alternate-locations': [],
      'project-status': { status: 'archived', reason: 'see bar' },
      files: [
        {
          filename: 'foo-1.0-py3-none-any.whl',
          url,
          hashes: { sha256: SHA256.toUpperCase(), blake2b_256: 'ab'.repeat(32) },
          size: 1234,
          'upload-time': '2024-01-02T03:04:05.678901Z',
          'requires-python': '>=3.8',
          'core-metadata': { sha256: 'cd'.repeat(32) },
          'data-dist-info-metadata': false,
          'gpg-sig': false,
          provenance: 'https://pypi.old.example/integrity/foo',
          yanked: 'broken',
        },
      ],
    });
    expect([project, status, problems]).toEqual(['foo', { status: 'archived', reason: 'see bar' }, []]);
    expect(files).toEqual([
      {
        filename: 'foo-1.0-py3-none-any.whl',
        location: url,
        hashes: { sha256: SHA256, blake2b_256: 'ab'.repeat(32) },
        size: 1234,
        uploadTime: '2024-01-02T03:04:05.678901Z',
        requiresPython: '>=3.8',
        metadata: { sha256: 'cd'.repeat(32) },
        provenance: 'https://pypi.old.example/integrity/foo',
        yanked: 'broken',
      },
    ]);
  });

  it('may say as little as PEP 691 asks for, and null for nothing', () => {
    const nothing = {
      size: null,
      'upload-time': null,
      'requires-python': null,
      yanked: null,
      provenance: null,
    };
    const hashes = { sha256: SHA256 };
    expect(one({})).toEqual(bare('foo-1.0.tar.gz', `${PAGE_URL}foo-1.0.tar.gz`, { hashes }));
    expect(one({ ...nothing, 'core-metadata': null })).toEqual(one({}));
    expect(jsonPage({ meta, name: 'foo', files: [] })).toEqual({ project: 'foo', files: [], problems: [] });
  });

  it.each([
    [true, true],
    [false, false],
    ['a reason', 'a reason'],
    ['', false],
    ['two\nlines \ud800', 'two lines \ufffd'],
    ['\n', true],
  ])('yanked %j', (claim, yanked) => {
    expect(one({ yanked: claim })?.yanked).toBe(yanked);
  });

  it.each([
    [{ 'core-metadata': true }, true],
    [{ 'core-metadata': {} }, true],
    [{ 'core-metadata': false, 'dist-info-metadata': true }, undefined],
    [{ 'dist-info-metadata': { sha256: SHA256 } }, { sha256: SHA256 }],
    [{ 'data-dist-info-metadata': { sha256: SHA256 } }, { sha256: SHA256 }],
  ])('metadata in %j', (claim, metadata) => {
    expect(one(claim)?.metadata).toEqual(metadata);
  });

  it.each([
    ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04:05.1234567Z', '2024-01-02T03:04:05.123456Z'],
    ['2024-01-02 03:04:05.5', '2024-01-02T03:04:05.5Z'],
    ['2024-01-02T03:04:05.5+05:30', '2024-01-01T21:34:05.5Z'],
    ['2024-01-02T03:04:05-0100', '2024-01-02T04:04:05Z'],
  ])('the upload time %s', (claim, uploadTime) => {
    expect(one({ 'upload-time': claim })?.uploadTime).toBe(uploadTime);
  });
});

describe('an entry that makes no sense', () => {
  it.each<[string, unknown, string]>([
    ['no object', 'foo-1.0.tar.gz', 'invalid-page'],
    ['nothing', null, 'invalid-page'],
    ['no filename', { url: 'x' }, 'invalid-page'],
    ['no address', file({ url: undefined }), 'invalid-page'],
    ['an address that is none', file({ url: 'https://[' }), 'invalid-page'],
    ['an address of mail', file({ url: 'mailto:foo@old.example' }), 'invalid-page'],
    ['an address in this machine', file({ url: 'file:///etc/passwd' }), 'unsafe-address'],
    ['an address that is a program', file({ url: 'javascript:alert(1)' }), 'unsafe-address'],
    ['an address that is the file', file({ url: 'data:,foo' }), 'unsafe-address'],
    ['hashes in a list', file({ hashes: [SHA256] }), 'invalid-page'],
    ['a hash that is a number', file({ hashes: { sha256: 12 } }), 'invalid-page'],
    ['a hash that is too short', file({ hashes: { sha256: 'abcd' } }), 'invalid-page'],
    ['a hash that is not hexadecimal', file({ hashes: { sha256: 'xy'.repeat(32) } }), 'invalid-page'],
    ['a hash with a strange name', file({ hashes: { '../x': SHA256 } }), 'invalid-page'],
    ['a size below zero', file({ size: -1 }), 'invalid-page'],
    ['a size with a fraction', file({ size: 1.5 }), 'invalid-page'],
    ['a size as a text', file({ size: '12' }), 'invalid-page'],
    ['an upload time in words', file({ 'upload-time': 'yesterday' }), 'invalid-page'],
    ['an upload time that never was', file({ 'upload-time': '2023-02-29T00:00:00Z' }), 'invalid-page'],
    ['an upload time after midnight', file({ 'upload-time': '2023-02-28T25:00:00Z' }), 'invalid-page'],
    ['an upload time as a number', file({ 'upload-time': 1700000000 }), 'invalid-page'],
    ['yanked as a number', file({ yanked: 1 }), 'invalid-page'],
    ['requires-python in a list', file({ 'requires-python': ['>=3'] }), 'invalid-page'],
    ['requires-python on two lines', file({ 'requires-python': '>=3\n<4' }), 'invalid-page'],
    ['metadata as a text', file({ 'core-metadata': 'true' }), 'invalid-page'],
    ['provenance in an object', file({ provenance: {} }), 'invalid-page'],
    ['a filename that is a path', file({ filename: '../foo-1.0.tar.gz' }), 'invalid-filename'],
    [
      'a filename with a letter that looks like another',
      file({ filename: 'f\u043e\u043e-1.0.tar.gz' }),
      'invalid-filename',
    ],
    ['a filename without a version', file({ filename: 'foo.tar.gz' }), 'invalid-filename'],
    [
      'a filename that never ends',
      file({ filename: `${'a'.repeat(10_000)}-1.0.tar.gz` }),
      'invalid-filename',
    ],
  ])('%s: is a problem, and hides no other', (_, entry, code) => {
    const { files, problems } = jsonFiles(entry, file({ filename: 'foo-2.0.tar.gz' }));
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(files.map(({ filename }) => filename)).toEqual(['foo-2.0.tar.gz']);
  });

  it('drops credentials, and keeps them out of messages', () => {
    expect(one({ url: 'https://me:hunter2@pypi.old.example/foo.tar.gz#x' })?.location).toBe(
      'https://pypi.old.example/foo.tar.gz',
    );
    const page = jsonPage(
      { meta, name: 'foo', files: [file({ size: -1 })] },
      'https://me:hunter2@x.example/?sig=hunter3',
    );
    expect(page.problems[0]?.message).toContain('x.example');
    expect(JSON.stringify(page.problems.map(({ message, value, fix }) => [message, value, fix]))).not.toMatch(
      /hunter/,
    );
  });

  it('is told a thousand times, and then counted', () => {
    const { problems } = jsonFiles(...Array.from({ length: 1500 }, () => ({})));
    expect(problems).toHaveLength(1001);
    expect(problems.at(-1)?.message).toContain('500 more');
  });

  it('may be the name or the status of the project', () => {
    const { project, status, problems } = jsonPage({
      meta,
      name: '../x',
      'project-status': { status: 'gone' },
      files: [],
    });
    expect([project, status]).toEqual([undefined, undefined]);
    expect(problems.map(({ code }) => code)).toEqual(['invalid-name', 'invalid-page']);
  });
});

describe('JSON that is no page', () => {
  const refusal = (body: string, contentType = 'application/vnd.pypi.simple.v1+json') =>
    thrownBy(() => readIndexPage({ url: PAGE_URL, contentType, body })).code;

  it.each([
    '',
    'nothing',
    'null',
    '[]',
    '{}',
    '{"error": "not found"}',
    '{"meta": {}, "files": []}',
    '{"meta": {"api-version": "2.0"}, "files": []}',
    '{"meta": {"api-version": 1}, "files": []}',
    '{"meta": {"api-version": "1.0"}}',
    '{"meta": {"api-version": "1.0"}, "files": {}}',
    '{"meta": {"api-version": "1.0"}, "files": [',
    '['.repeat(100_000),
  ])('%.60s', (body) => {
    expect(refusal(body)).toBe('invalid-page');
  });

  it('is refused where it speaks of more than it may', () => {
    const body = JSON.stringify({ meta, name: 'foo', files: [{}, {}, {}] });
    const page = { url: PAGE_URL, contentType: 'application/json', body };
    expect(thrownBy(() => readIndexPage(page, { maxLinks: 2 })).code).toBe('invalid-page');
    expect(thrownBy(() => readIndexPage(page, { maxBytes: 10 })).code).toBe('invalid-page');
    expect(readIndexPage(page, { maxLinks: 3, maxBytes: 1000 }).files).toEqual([]);
  });
});

describe('the type of a page', () => {
  const json = JSON.stringify({ meta, name: 'foo', files: [file()] });
  const html = '<!DOCTYPE html><a href="foo-1.0.tar.gz">foo</a>';

  it.each([
    ['application/vnd.pypi.simple.latest+json', json],
    ['application/json; charset=utf-8', json],
    ['Text/HTML', html],
    ['application/vnd.pypi.simple.v1+html', html],
    ['application/xhtml+xml', html],
    // What servers say of files that they do not know.
    ['', html],
    ['', `\ufeff${json}`.trim()],
    ['text/plain', html],
    ['application/octet-stream', `\n ${html}`],
    ['binary/octet-stream', json],
    ['text/html', json],
  ])('%j', (contentType, body) => {
    const page = readIndexPage({ url: PAGE_URL, contentType, body: new TextEncoder().encode(body) });
    expect(page.files).toHaveLength(1);
  });

  it.each([
    ['application/vnd.pypi.simple.v2+json', json],
    ['image/png', html],
    ['application/zip', json],
    ['text/plain', 'foo-1.0.tar.gz'],
    ['', ''],
  ])('%j is refused', (contentType, body) => {
    expect(thrownBy(() => readIndexPage({ url: PAGE_URL, contentType, body })).code).toBe('invalid-page');
  });

  it('names a charset, or one that nobody knows', () => {
    const yanked = (contentType: string, bytes: Uint8Array) =>
      readIndexPage({ url: PAGE_URL, contentType, body: bytes }).files[0]?.yanked;
    const page = '<a href="foo-1.0.tar.gz" data-yanked="caf\u00e9">foo</a>';
    expect(yanked('text/html; charset="iso-8859-1"', Buffer.from(page, 'latin1'))).toBe('caf\u00e9');
    expect(yanked('text/html; charset=x-klingon', Buffer.from(page, 'utf8'))).toBe('caf\u00e9');
  });
});
