import { backOff, type Environment } from './environment.ts';
import type { NormalizedName } from './names.ts';
import { renderProjectPage } from './pages/project-page.ts';
import type { ProjectRecord } from './record.ts';
import { readPageHeads, readRecord, writePage, type PageHeads } from './snapshot.ts';

/**
 * A record, with the ETags that the pages had when it was not yet there: before it was written, if it was written
 * over the one before, or else before it was read. The order is what matters.
 */
export interface PageBasis {
  readonly heads: PageHeads;
  readonly record: ProjectRecord;
}

/**
 * Brings a project's pages in line with its record. A page never goes back to an older record: the
 * ETags are older than the record, so whoever renders a newer record in between changes the ETag
 * and makes this write fail; the step is then done again from what is there now.
 *
 * @param basis what the caller has already, in the right order
 */
export async function refreshProjectPages(
  environment: Environment,
  project: NormalizedName,
  basis?: PageBasis,
): Promise<void> {
  const { store, reporter } = environment;
  for (let attempt = 1; ; attempt++) {
    const heads: PageHeads = basis?.heads ?? (await readPageHeads(store, project));
    const record = basis?.record ?? (await readRecord(store, project)).record;
    // A project without a record has no page: a name that was never published is a 404.
    if (record.serial === 0) return;
    if (await writePage(environment, project, renderProjectPage(record), heads)) return;
    basis = undefined;
    reporter.emit({ type: 'retry', project, attempt });
    await backOff(environment, attempt, `the pages of ${project}`);
  }
}
