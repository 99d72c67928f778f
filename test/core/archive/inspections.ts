import { expect } from 'vitest';
import type { ArchiveContents } from '../../../core/archive/archive.ts';
import { DEFAULT_LIMITS } from '../../../core/archive/limits.ts';
import { inspectSdistTarGz, inspectSdistZip } from '../../../core/archive/sdist.ts';
import { bytesInMemory } from '../../../core/bytes.ts';
import {
  gzipOf,
  tarOf,
  type TarMemberSpec,
  zipOf,
  type ZipMemberSpec,
  type ZipOptions,
} from '../../support/archives.ts';

/** What every sdist must have. */
export const PKG_INFO = { name: 'foo-1.0/PKG-INFO', content: 'Name: foo\n' };

export const inspectTarGz = (bytes: Uint8Array, limits = DEFAULT_LIMITS): Promise<ArchiveContents> =>
  inspectSdistTarGz(bytesInMemory(bytes), limits);

export const inspectZip = (bytes: Uint8Array, limits = DEFAULT_LIMITS): Promise<ArchiveContents> =>
  inspectSdistZip(bytesInMemory(bytes), limits);

/** An sdist as tar.gz with PKG-INFO and these members. */
export function packedTar(...members: readonly TarMemberSpec[]): Uint8Array {
  return gzipOf(tarOf([PKG_INFO, ...members]));
}

/** An sdist as zip with PKG-INFO and one more member. */
export function zipWithMember(member: Partial<ZipMemberSpec>, options?: ZipOptions): Uint8Array {
  return zipOf([PKG_INFO, { name: 'foo-1.0/a.py', content: 'a = 1\n', ...member }], options);
}

/** Expects a refusal that says what is wrong and what to do. */
export async function expectRefused(inspection: Promise<unknown>, message: RegExp): Promise<void> {
  await expect(inspection).rejects.toMatchObject({
    name: 'WheelstoreError',
    code: 'invalid-archive',
    message: expect.stringMatching(message),
    fix: expect.stringMatching(/\.$/),
  });
}
