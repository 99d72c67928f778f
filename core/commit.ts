import { backOff, type Environment } from './environment.ts';
import { headersOf, recordKey } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { refreshProjectPages } from './project-pages.ts';
import { serializeRecord, type ProjectRecord } from './record.ts';
import { readPageHeads, readRecord, type RecordSnapshot } from './snapshot.ts';

/** What a change came to: the record as it is after the change. */
export interface Committed extends RecordSnapshot {
  /** Whether there was anything to change. */
  readonly isChanged: boolean;
}

/**
 * Writes `next` over the record that `snapshot` holds, if it is still that one. **This write is the
 * commit** of every command. A record that equals the old one is not written.
 *
 * @returns `next` as it is in the store now; `undefined` where another writer was faster
 */
export async function swapRecord(
  { store }: Environment,
  snapshot: RecordSnapshot,
  next: ProjectRecord,
): Promise<RecordSnapshot | undefined> {
  if (next === snapshot.record) return snapshot;
  const key = recordKey(next.name);
  const written = await store.replace(key, serializeRecord(next), snapshot.etag, headersOf(key));
  return written.outcome === 'written' ? { record: next, etag: written.etag } : undefined;
}

/**
 * Changes a project's record, and brings its pages in line: also where there was nothing to change,
 * so that the same command again mends what an interrupted one has left.
 *
 * @param change called again with a newer record each time that another writer was faster; returns
 *   its argument where there is nothing to change, and throws to refuse
 */
export async function changeRecord(
  environment: Environment,
  project: NormalizedName,
  change: (record: ProjectRecord) => ProjectRecord,
): Promise<Committed> {
  const { store, reporter } = environment;
  for (let attempt = 1; ; attempt++) {
    const heads = await readPageHeads(store, project);
    const snapshot = await readRecord(store, project);
    const committed = await swapRecord(environment, snapshot, change(snapshot.record));
    if (committed !== undefined) {
      const { record } = committed;
      await refreshProjectPages(environment, project, { heads, record });
      return { ...committed, isChanged: record !== snapshot.record };
    }
    reporter.emit({ type: 'retry', project, attempt });
    await backOff(environment, attempt, `the record of ${project}`);
  }
}
