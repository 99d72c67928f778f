import { describe, expect, test } from 'vitest';
import { checkDistribution, matchSdist } from '../../core/distribution-identity.ts';
import { parseFilename } from '../../core/filenames.ts';
import { normalizeName } from '../../core/names.ts';
import { parseVersion } from '../../core/versions.ts';
import { thrownBy } from './thrown.ts';

const identityOf = (name: string, version: string) => ({
  name,
  project: normalizeName(name),
  version: parseVersion(version),
});

describe('matchSdist', () => {
  test.each([
    ['foo-1.0.tar.gz', 'foo', '1.0', 'canonical'],
    ['foo_bar-1.0.tar.gz', 'Foo.Bar', '1.0', 'canonical'],
    ['foo_bar-1.0a1.tar.gz', 'foo-bar', '1.0-ALPHA1', 'canonical'],
    ['foo-1!1.0+a.1.tar.gz', 'foo', '1!1.0+a-1', 'canonical'],
    ['foo-1.0.zip', 'foo', '1.0', 'older-spelling'],
    ['foo-bar-1.0.tar.gz', 'foo-bar', '1.0', 'older-spelling'],
    ['Foo.Bar-1.0.tar.gz', 'foo-bar', '1.0', 'older-spelling'],
    ['foo-1.0.tar.gz', 'foo', '1.0.0', 'older-spelling'],
    ['foo-1.0-beta1.tar.gz', 'foo', '1.0b1', 'older-spelling'],
    ['foo-1.0-1.tar.gz', 'foo', '1.0.post1', 'older-spelling'],
    ['foo-1.0-1.tar.gz', 'foo-1.0', '1', 'older-spelling'],
    ['foo-1.0-1.tar.gz', 'foo', '1.0', 'mismatch'],
    ['foo-1.0.tar.gz', 'foo', '1.1', 'mismatch'],
    ['foo-1.0.tar.gz', 'foo', '1.0+local', 'mismatch'],
    ['foo-1.0.tar.gz', 'food', '1.0', 'mismatch'],
  ])('%s for %s %s is %s', (filename, name, version, match) => {
    const parsed = parseFilename(filename);
    if (parsed.kind !== 'sdist') throw new Error('not an sdist');
    expect(matchSdist(parsed, normalizeName(name), parseVersion(version))).toBe(match);
  });
});

describe('checkDistribution', () => {
  test.each([
    ['foo_bar-1.0.tar.gz', 'foo-bar', '1.0'],
    ['foo_bar-1.0-py3-none-any.whl', 'Foo.Bar', '1.0'],
    ['foo_bar-1.0-1-py3-none-any.whl', 'foo_bar', '1.0'],
    ['foo-1.0+cu121-py3-none-any.whl', 'foo', '1.0+cu121'],
  ])('finds nothing wrong with %s for %s %s', (filename, name, version) => {
    expect(checkDistribution(parseFilename(filename), identityOf(name, version))).toEqual([]);
  });

  test.each([
    ['Foo.Bar-1.0-py3-none-any.whl', 'Foo.Bar', '1.0', 'foo_bar-1.0-py3-none-any.whl'],
    ['foo-1.0-7-py3-none-any.whl', 'foo', '1.0.0', 'foo-1.0.0-7-py3-none-any.whl'],
    ['foo-1.0.RC1-py3-none-any.whl', 'foo', '1.0rc1', 'foo-1.0rc1-py3-none-any.whl'],
    ['foo-bar-1.0.tar.gz', 'foo-bar', '1.0', 'foo_bar-1.0.tar.gz'],
    ['foo-1.0.zip', 'foo', '1.0', 'foo-1.0.tar.gz'],
  ])('accepts %s for %s %s, and warns', (filename, name, version, canonical) => {
    const warnings = checkDistribution(parseFilename(filename), identityOf(name, version));
    expect(warnings).toEqual([expect.stringContaining(` ${canonical}.`)]);
  });

  test.each([
    ['foo-1.0-py3-none-any.whl', 'bar', '1.0', /"foo" 1\.0, .* "bar" 1\.0/],
    ['foo-1.0-py3-none-any.whl', 'foo', '1.1', /"foo" 1\.0, .* "foo" 1\.1/],
    ['foo-1.0-py3-none-any.whl', 'foo', '1.0+local', /"foo" 1\.0, .* "foo" 1\.0\+local/],
    ['foo-1.0-1.tar.gz', 'foo', '1.0', /"foo" 1\.0\.post1 or "foo-1-0" 1, .* "foo" 1\.0/],
  ])('refuses %s for %s %s', (filename, name, version, message) => {
    const error = thrownBy(() => checkDistribution(parseFilename(filename), identityOf(name, version)));
    expect(error.code).toBe('invalid-metadata');
    expect(error.message).toMatch(message);
    expect(error.value).toBe(filename);
  });
});
