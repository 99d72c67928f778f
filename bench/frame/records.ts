import { createHash } from 'node:crypto';
import { normalizeName } from '../../core/names.ts';
import { inCanonicalOrder } from '../../core/record-changes.ts';
import type { FileEntry, ProjectRecord } from '../../core/record.ts';

/** The record of a project that has so many wheels, as publishing them would have left it. */
export function recordOf(project: string, count: number): ProjectRecord {
  const name = normalizeName(project);
  const files = Array.from({ length: count }, (_, i): FileEntry => {
    const filename = filenameOf(project, i);
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    return {
      filename,
      kind: 'wheel',
      version: `1.${i}`,
      size: 1000,
      sha256: digest(filename),
      generation: 1,
      uploadTime: '2026-01-01T00:00:00.000Z',
      requiresPython: '>=3.9',
      metadataSha256: digest(`${filename}.metadata`),
      yanked: false,
    };
  });
  const status = { status: 'active' } as const;
  return { name, serial: count, status, files: inCanonicalOrder(files), tombstones: [] };
}

/** Of the wheel with this number in such a project. */
export function filenameOf(project: string, number: number): string {
  return `${project.replaceAll('-', '_')}-1.${number}-py3-none-any.whl`;
}
