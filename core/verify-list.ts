import type { Finding } from './findings.ts';
import { pageKey, recordKey } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { namesOnList } from './pages-as-found.ts';
import { renderProjectListPage } from './pages/project-list-page.ts';
import { projectNames } from './project-list.ts';
import type { RepositorySettings } from './settings.ts';
import { readPageHeads } from './snapshot.ts';
import type { Store } from './store.ts';
import { checkPages } from './verify-project.ts';

/** Compares the project list with the records that there are. Writes nothing. */
export async function checkProjectList(store: Store, settings: RepositorySettings): Promise<Finding[]> {
  const heads = await readPageHeads(store, undefined);
  const listed = await namesOnList(store);
  const records = new Set(await projectNames(store));
  // Nothing was ever published.
  if (records.size === 0 && Object.values(heads).every((head) => head === undefined)) return [];
  const hidden = new Set(settings.quarantined);
  const names = [...records].filter((name) => !hidden.has(name));
  const lost = [...listed].filter((name) => !records.has(name));
  // What would be made of the records now is not what the list should be.
  if (lost.length > 0)
    return lost.map((project) => ({ kind: 'lost-record', key: recordKey(project), project }));
  return [
    ...checkPages(undefined, renderProjectListPage(names, settings.serial), heads),
    ...names.filter((name) => !listed.has(name)).map((project) => unlisted(project)),
  ];
}

function unlisted(project: NormalizedName): Finding {
  return { kind: 'unlisted-project', key: pageKey(undefined, 'index.json'), project };
}
