import { createHash } from 'node:crypto';
import { bytesInMemory } from '../../../core/bytes.ts';
import { inspectDistribution } from '../../../core/distribution.ts';
import { checkedFile, type CheckedFile } from '../../../core/plain-folder/checked-file.ts';
import { buildWheel, type BuiltFile } from '../../support/distributions.ts';

const NOON = new Date('2024-05-06T12:00:00.123Z');

/** A file that has passed, as it would be at `path`. */
export async function passed(
  path: string,
  { filename, bytes }: BuiltFile,
  modified = NOON,
): Promise<CheckedFile> {
  const distribution = await inspectDistribution(filename, bytesInMemory(bytes));
  const stamp = createHash('sha256').update(path).update(bytes).digest('hex');
  return checkedFile(path, stamp, modified, distribution);
}

/** A small wheel, at a path of a folder. */
export function wheelAt(folder: string, name: string, version: string, content = ''): Promise<CheckedFile> {
  const wheel = buildWheel({ name, version, files: { 'content.txt': content } });
  return passed(`${folder}${wheel.filename}`, wheel);
}
