import type { ProjectImport } from './import-plan.ts';
import type { OfferedFile } from './source.ts';

/** A file that is to be imported, and whose it is. */
export interface ImportItem {
  readonly project: ProjectImport;
  readonly file: OfferedFile;
}

/** Files that are fetched and published together: each batch writes records and the project list once. */
export type ImportBatch = readonly ImportItem[];

const MOST_FILES = 128;
/** In bytes: two batches lie on this machine's disk at a time. */
const MOST_BYTES = 512 * 1024 ** 2;
/** What a file counts for where nobody says how large it is, in bytes. */
const UNKNOWN_SIZE = 4 * 1024 ** 2;

/** The files of all projects, a project after the other. A file that is larger than a batch is one by itself. */
export function* inBatches(
  projects: readonly ProjectImport[],
  { mostFiles = MOST_FILES, mostBytes = MOST_BYTES } = {},
): Generator<ImportBatch, void, undefined> {
  let batch: ImportItem[] = [];
  let bytes = 0;
  for (const project of projects) {
    for (const file of project.files) {
      const { size = UNKNOWN_SIZE } = file;
      if (batch.length > 0 && (batch.length >= mostFiles || bytes + size > mostBytes)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push({ project, file });
      bytes += size;
    }
  }
  if (batch.length > 0) yield batch;
}
