import { expect, it } from 'vitest';
import { normalizeName } from '../../../core/names.ts';
import { plainIndexOf } from '../../../core/plain-folder/plain-index.ts';
import { PlainPages } from '../../../core/plain-folder/plain-pages.ts';
import type { CheckedFile } from '../../../core/plain-folder/checked-file.ts';
import { wheelAt } from './samples.ts';

const FOO = normalizeName('foo');
const [EARLY, LATE] = [new Date(1000), new Date(2000)];

const pagesOf = (files: readonly CheckedFile[], now: Date, former?: PlainPages): PlainPages =>
  new PlainPages(plainIndexOf(files), now, former);

function text(pages: PlainPages, project: typeof FOO | undefined): string {
  return new TextDecoder().decode(pages.get(project, 'index.html')?.body);
}

it('The pages of a folder are a project list and a page of each project', async () => {
  const pages = pagesOf([await wheelAt('', 'foo', '1.0'), await wheelAt('', 'bar', '2.0')], EARLY);
  expect(text(pages, undefined)).toMatch(/href="bar\/".*href="foo\/"/s);
  expect(text(pages, FOO)).toContain('>foo-1.0-py3-none-any.whl</a>');
  expect(pages.get(normalizeName('other'), 'index.html')).toBeUndefined();
  const json = JSON.parse(new TextDecoder().decode(pages.get(FOO, 'index.json')?.body)) as object;
  expect(json).toMatchObject({ name: 'foo', files: [{ filename: 'foo-1.0-py3-none-any.whl' }] });
});

it('A page that says the same as before is the same page, and as old', async () => {
  const foo = await wheelAt('', 'foo', '1.0');
  const before = pagesOf([foo], EARLY);
  const after = pagesOf([foo, await wheelAt('', 'bar', '1.0')], LATE, before);
  expect(after.get(FOO, 'index.html')).toEqual(before.get(FOO, 'index.html'));
  expect(after.get(FOO, 'index.html')?.lastModified).toEqual(EARLY);
  expect(after.get(undefined, 'index.html')?.lastModified).toEqual(LATE);
});

it('A page that says something else is a new one, with another hash', async () => {
  const before = pagesOf([await wheelAt('', 'foo', '1.0', 'one')], EARLY);
  const after = pagesOf([await wheelAt('', 'foo', '1.0', 'two')], LATE, before);
  const [one, other] = [before, after].map((pages) => pages.get(FOO, 'index.json.gz'));
  expect(other?.sha256).not.toBe(one?.sha256);
  expect(other?.lastModified).toEqual(LATE);
});

it('A page that was gone is new when it is back', async () => {
  const foo = await wheelAt('', 'foo', '1.0');
  const gone = pagesOf([], EARLY, pagesOf([foo], new Date(0)));
  expect(gone.get(FOO, 'index.html')).toBeUndefined();
  expect(pagesOf([foo], LATE, gone).get(FOO, 'index.html')?.lastModified).toEqual(LATE);
});

it('A folder with nothing in it has an empty project list', () => {
  expect(text(pagesOf([], EARLY), undefined)).not.toContain('href');
});
