import type { NormalizedName } from './names.ts';

/** Every way in which a repository can be found not to fit together. The set is closed. */
export type FindingKind =
  | 'corrupt-record'
  | 'lost-record'
  | 'missing-file'
  | 'wrong-size'
  | 'wrong-hash'
  | 'missing-metadata'
  | 'missing-provenance'
  | 'unrecorded-file'
  | 'undeleted-file'
  | 'missing-page'
  | 'stale-page'
  | 'unlisted-project'
  | 'list-behind'
  | 'foreign-object';

/** One thing that is not as it must be. */
export interface Finding {
  readonly kind: FindingKind;
  /** Of the object that is wrong, or that should be there. */
  readonly key: string;
  readonly project?: NormalizedName;
  /** What was found there, where the kind does not say it all. */
  readonly detail?: string;
}

/** What a kind of finding means. */
export interface Explanation {
  readonly meaning: string;
  /** The next step, for the person. */
  readonly fix: string;
  /** Whether it can be mended from what is there. */
  readonly isMendable: boolean;
}

const mendable = (meaning: string): Explanation => ({
  meaning,
  fix: 'Mend it with "wheelstore verify --repair".',
  isMendable: true,
});

const forPeople = (meaning: string, fix: string): Explanation => ({ meaning, fix, isMendable: false });

export const EXPLANATIONS: Readonly<Record<FindingKind, Explanation>> = {
  'corrupt-record': forPeople(
    'a record, or the settings, cannot be read',
    'Restore an older version of the object from a backup, or from the bucket’s version history; in a folder, remove .wheelstore/versions/KEY first. A record can also be removed (in a folder, both), and made again with "wheelstore reindex --from-files".',
  ),
  'lost-record': forPeople(
    'a project has pages, or is on the project list, and has no record',
    'Restore the record from a backup or the bucket’s version history, or make it again with "wheelstore reindex --from-files".',
  ),
  'missing-file': forPeople(
    'a record and its pages name a file that is not there',
    'Publish the very same file again with "wheelstore upload FILE --force", or delete the release.',
  ),
  'wrong-size': forPeople(
    'a file has another size than its record says',
    'Restore it from a backup; or remove the object by hand, and publish the very same file again with "wheelstore upload FILE --force".',
  ),
  'wrong-hash': forPeople(
    'the bytes of a file are not those that were published',
    'Restore it from a backup; or remove the object by hand, and publish the very same file again with "wheelstore upload FILE --force".',
  ),
  'missing-metadata': mendable('a record names a metadata file that is not there'),
  'missing-provenance': forPeople(
    'a record names a provenance that is not there',
    'Bring it back from a backup or the bucket’s version history: only the index that it came from can have it besides.',
  ),
  'unrecorded-file': forPeople(
    'a file is in no record: its upload was interrupted, or is under way, or its record was lost',
    'Run that upload again. "wheelstore reindex --from-files" publishes all such distributions; or remove the object by hand.',
  ),
  'undeleted-file': forPeople(
    'a file was deleted or replaced, and its bytes are still there: the command was interrupted, or is under way',
    // Not to delete again: the release may have been published anew.
    'Remove the object by hand: its key is never used again.',
  ),
  'missing-page': mendable('a page is not there'),
  'stale-page': mendable('a page is not what the records say'),
  'unlisted-project': mendable('a project is not on the project list'),
  'list-behind': mendable('a change of a project has not reached the project list'),
  'foreign-object': forPeople(
    'an object is where only Wheelstore writes, and it is none of its own',
    'Find out who has put it there; remove it by hand if nobody needs it.',
  ),
};

/** The same for two findings of the same thing. */
export function identityOf({ kind, key, project }: Finding): string {
  return JSON.stringify([kind, key, project]);
}
