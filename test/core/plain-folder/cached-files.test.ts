import { describe, expect, it } from 'vitest';
import { parseCache, serializeCache } from '../../../core/plain-folder/cached-files.ts';
import { wheelAt } from './samples.ts';

const OWNER = { root: '/packages', version: '1.2.3' };

const files = await Promise.all([wheelAt('', 'foo', '1.0'), wheelAt('a/b/', 'bar', '1!2.0+local')]);
const bytes = serializeCache(files, OWNER);

interface Content {
  format: unknown;
  files: { path: unknown; stamp: unknown; project: unknown; entry: Record<string, unknown> }[];
}

/** The same bytes with something changed. */
function changed(change: (content: Content, first: Content['files'][number]) => void): Uint8Array {
  const content = JSON.parse(new TextDecoder().decode(bytes)) as Content;
  const [first] = content.files;
  if (first === undefined) throw new Error('There are two files');
  change(content, first);
  return new TextEncoder().encode(JSON.stringify(content));
}

describe('What is kept of checked files', () => {
  it('comes back as it was', () => {
    expect(parseCache(bytes, OWNER)).toEqual(new Map(files.map((file) => [file.path, file])));
  });

  it('is for the version that has checked them', () => {
    expect(parseCache(bytes, { ...OWNER, version: '1.2.4' }).size).toBe(0);
  });

  it('is for one folder', () => {
    expect(parseCache(bytes, { ...OWNER, root: '/other' }).size).toBe(0);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['half of it', bytes.subarray(0, bytes.length / 2)],
    ['other bytes', new Uint8Array([0xff, 0xfe, 0])],
    ['another kind of value', new TextEncoder().encode('[1]')],
    ['another format', changed((content) => (content.format = 2))],
    ['no list', changed((content) => (content.files = {} as never))],
    ['a file without a stamp', changed((_, first) => delete first.stamp)],
    ['a stamp that is no text', changed((_, first) => (first.stamp = 7))],
    ['a name that is none', changed((_, first) => (first.project = '../foo'))],
    ['a name in another spelling', changed((_, first) => (first.project = 'Foo'))],
    ['a hash that is none', changed((_, first) => (first.entry['sha256'] = 'abc'))],
    ['a filename with a folder', changed((_, first) => (first.entry['filename'] = '../x.whl'))],
    [
      'the entry of another file',
      changed((_, first) => (first.entry['filename'] = 'foo-2.0-py3-none-any.whl')),
    ],
    ['a size that is none', changed((_, first) => (first.entry['size'] = -1))],
    ['a time that is none', changed((_, first) => (first.entry['uploadTime'] = 'yesterday'))],
  ])('is worth nothing where it is %s', (_, damaged) => {
    expect(parseCache(damaged, OWNER)).toEqual(new Map());
  });
});
