import { expect, it } from 'vitest';
import { standingOf } from '../../core/file-formats.ts';

it.each(['foo-1.0-py3-none-any.whl', 'foo-1.0.tar.gz', 'foo-1.0.zip', 'FOO-1.0.ZIP', 'nonsense.whl', '.whl'])(
  '%s may be a distribution',
  (filename) => expect(standingOf(filename)).toBe('distribution'),
);

it.each([
  'foo-1.0-py2.7.egg',
  'foo-1.0.win32.exe',
  'foo-1.0.win-amd64-py3.8.msi',
  'foo-1.0.tar.bz2',
  'foo-1.0.tgz',
  'foo-1.0.linux-x86_64.tar.gz',
  'foo-1.0-py38_0.conda',
])('%s is a distribution that no installer takes', (filename) => {
  expect(standingOf(filename)).toBe('unsupported');
});

it.each([
  'foo-1.0-py3-none-any.whl.metadata',
  'foo-1.0.tar.gz.asc',
  'foo-1.0.tar.gz.sha256',
  'README.md',
  'index.html',
  'whl',
  '',
])('%s is something else', (filename) => expect(standingOf(filename)).toBe('other'));
