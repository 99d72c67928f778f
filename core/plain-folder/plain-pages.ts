import type { Representation } from '../keys.ts';
import type { NormalizedName } from '../names.ts';
import type { RenderedPage } from '../pages/page.ts';
import { renderProjectListPage } from '../pages/project-list-page.ts';
import { renderProjectPage } from '../pages/project-page.ts';
import type { ProjectRecord } from '../record.ts';
import type { PlainIndex } from './plain-index.ts';

/** A page in all its forms, made when it is first asked for. */
interface Page {
  /** Equal for pages that say the same. */
  readonly content: string;
  /** Since when it says so. */
  readonly since: Date;
  readonly render: () => readonly RenderedPage[];
}

/** A page as it is served. */
export interface PlainPage extends RenderedPage {
  readonly lastModified: Date;
}

/** The pages of a folder of distributions. They are kept nowhere but in memory. */
export class PlainPages {
  readonly #pages = new Map<NormalizedName | undefined, Page>();

  /**
   * @param now since when pages are there that `former` does not have as they are
   * @param former those that were served before
   */
  constructor({ records }: Pick<PlainIndex, 'records'>, now: Date, former?: PlainPages) {
    this.#add(undefined, [...records.keys()].sort().join('\n'), now, former, () => {
      return renderProjectListPage(records.keys(), 1);
    });
    for (const [project, record] of records) {
      this.#add(project, contentOf(record), now, former, () => renderProjectPage(record));
    }
  }

  /** @param project `undefined` for the project list */
  get(project: NormalizedName | undefined, representation: Representation): PlainPage | undefined {
    const page = this.#pages.get(project);
    const rendered = page?.render().find((one) => one.representation === representation);
    return page === undefined || rendered === undefined
      ? undefined
      : { ...rendered, lastModified: page.since };
  }

  #add(
    project: NormalizedName | undefined,
    content: string,
    now: Date,
    former: PlainPages | undefined,
    render: () => readonly RenderedPage[],
  ): void {
    const before = former === undefined ? undefined : former.#pages.get(project);
    this.#pages.set(
      project,
      before?.content === content ? before : { content, since: now, render: once(render) },
    );
  }
}

function contentOf(record: ProjectRecord): string {
  return JSON.stringify(record.files);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
