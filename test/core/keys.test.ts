import { describe, expect, it } from 'vitest';
import { headersOf, pageKey, REPRESENTATIONS, SETTINGS_KEY, TOKENS_KEY } from '../../core/keys.ts';
import { normalizeName } from '../../core/names.ts';
import { thrownBy } from './thrown.ts';

const FILE = 'files/foo/0123456789abcdef/foo-1.0-py3-none-any.whl';

/** What a shared cache may do that needs no token of its own (RFC 9111, 3.5). */
const OPENS_TO_ALL = /(?:^|[\s,])(?:public|s-maxage)(?:[\s,=]|$)/;

describe('The headers of an object', () => {
  it('let clients keep a file for a year', () => {
    for (const key of [FILE, `${FILE}.metadata`]) {
      expect(headersOf(key).cacheControl).toBe('max-age=31536000, immutable');
    }
  });

  it('let no shared cache hand on what was fetched with a token', () => {
    const pages = [undefined, normalizeName('foo')].flatMap((project) =>
      REPRESENTATIONS.map((representation) => pageKey(project, representation)),
    );
    for (const key of [FILE, `${FILE}.metadata`, ...pages, SETTINGS_KEY, TOKENS_KEY]) {
      expect(headersOf(key).cacheControl, key).not.toMatch(OPENS_TO_ALL);
    }
    // It may keep a page, and has to ask before each use.
    for (const key of pages) expect(headersOf(key).cacheControl).toMatch(/^max-age=0, must-revalidate/);
  });

  it.each([
    ['foo-1.0-py3-none-any.whl', 'application/octet-stream'],
    ['foo-1.0.tar.gz', 'application/gzip'],
    ['foo-1.0.zip', 'application/zip'],
    ['foo-1.0.tar.gz.metadata', 'text/plain; charset=utf-8'],
    ['foo-1.0.unheard-of', 'application/octet-stream'],
  ])('name the type of %s', (filename, type) => {
    expect(headersOf(`files/foo/0123456789abcdef/${filename}`).contentType).toBe(type);
  });

  it('are not there for what is no part of a repository', () => {
    expect(thrownBy(() => headersOf('elsewhere.txt'))).toMatchObject({ code: 'invalid-key' });
  });
});
