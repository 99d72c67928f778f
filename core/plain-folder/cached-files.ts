import { Fields, parseJson } from '../fields.ts';
import { isNormalizedName } from '../names.ts';
import { parseFileEntry } from '../record.ts';
import type { CheckedFile } from './checked-file.ts';

/** The version of the format that this code writes, and the only one it reads. */
const FORMAT = 1;

/** Whose files a cache is about. */
export interface CacheOwner {
  /** The folder. */
  readonly root: string;
  /** The version of Wheelstore whose checks they have passed; another one may check for more. */
  readonly version: string;
}

/** The bytes to keep of files that were checked. */
export function serializeCache(files: readonly CheckedFile[], { root, version }: CacheOwner): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, version, root, files })}\n`);
}

class Refused extends Error {}

/**
 * The files in `bytes`, by their paths. Whatever is not exactly what `serializeCache` writes for the
 * same folder and version is as good as nothing: all that it can save is time.
 */
export function parseCache(bytes: Uint8Array, whose: CacheOwner): ReadonlyMap<string, CheckedFile> {
  const refuse = (what: string): never => {
    throw new Refused(what);
  };
  try {
    const fields = new Fields(parseJson(bytes, refuse), 'the file', refuse);
    const isOurs =
      fields.integer('format') === FORMAT &&
      fields.text('version') === whose.version &&
      fields.text('root') === whose.root;
    if (!isOurs) return new Map();
    return new Map(fields.list('files').map((file) => parseFile(file, refuse)));
  } catch (error) {
    if (error instanceof Refused) return new Map();
    throw error;
  }
}

function parseFile(fields: Fields, refuse: (what: string) => never): [string, CheckedFile] {
  const path = fields.text('path');
  const project = fields.text('project');
  if (!isNormalizedName(project)) return refuse('a name is not normalized');
  const entry = parseFileEntry(fields.object('entry'));
  if (entry.filename !== path.slice(path.lastIndexOf('/') + 1)) refuse('an entry is that of another file');
  return [path, { path, stamp: fields.text('stamp'), project, entry }];
}
