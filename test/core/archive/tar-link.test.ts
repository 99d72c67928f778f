import { describe, test } from 'vitest';
import { expectRefused, inspectTarGz, packedTar } from './inspections.ts';

const expectRefusal = (bytes: Uint8Array, message: RegExp): Promise<void> =>
  expectRefused(inspectTarGz(bytes), message);

describe('a symbolic link is refused', () => {
  test.each<[string, string, string]>([
    ['to an absolute path', 'foo-1.0/a', '/etc/passwd'],
    ['to a drive', 'foo-1.0/a', 'c:/windows'],
    ['out of the top-level folder', 'foo-1.0/a', '..'],
    ['beside the top-level folder', 'foo-1.0/b/a', '../../bar'],
    ['upwards behind a name, where the name may be a link', 'foo-1.0/b/c/a', 'x/../../y'],
    ['with a backslash', 'foo-1.0/a', '..\\..\\x'],
    ['to nothing', 'foo-1.0/a', ''],
  ])('%s', async (_, name, linkName) => {
    await expectRefusal(packedTar({ name, type: '2', linkName }), /is a link to ".*", which is not inside/);
  });
});

describe('a hard link is refused', () => {
  test.each<[string, string]>([
    ['to an absolute path', '/etc/passwd'],
    ['out of the archive', '../x'],
    ['to what is not there', 'foo-1.0/x'],
    ['to itself', 'foo-1.0/a'],
    ['to a folder', 'foo-1.0'],
  ])('%s', async (_, linkName) => {
    await expectRefusal(packedTar({ name: 'foo-1.0/a', type: '1', linkName }), /is a link to/);
  });
});
