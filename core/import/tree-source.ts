import { stopIfAborted, type Pacing } from '../environment.ts';
import { quote, WheelstoreError } from '../errors.ts';
import { parseFilename } from '../filenames.ts';
import { RECORDS_PREFIX } from '../keys.ts';
import { isValidName, normalizeName, type NormalizedName } from '../names.ts';
import { readIndexPage } from './index-page.ts';
import type { ReadPage } from './pages/read-page.ts';
import type { ImportSource, Location, OfferedFile, OfferedProject } from './source.ts';
import type { Tree, TreeFile } from './tree.ts';

/** What a tree has of one project. */
interface Branch {
  /** The best first. */
  readonly pages: TreeFile[];
  /** Distributions whose names say that they are of this project. */
  readonly files: TreeFile[];
}

/** A tree as a site, so that the links of its pages can be followed. Nothing is ever asked of that host. */
const SITE = 'http://tree.invalid/';

/** In bytes. */
const LARGEST_PAGE = 128 * 1024 ** 2;

/** What the page of a project can be called, the best first: s3pypi calls it as its folder. */
const PAGE_NAMES = ['index.json', 'index.html', ''];

/** Of a project with several pages, the next one may say what this one does not. */
const NO_PAGE = new Set<WheelstoreError['code']>(['invalid-page']);

/**
 * Distributions in a folder or a bucket: the layout of s3pypi (a page in the folder of each project), any
 * other static index, a repository of ours, or no pages at all, flat or in folders. Where a project has a
 * page, the page says what is published.
 */
export class TreeSource implements ImportSource {
  readonly description: string;
  readonly #tree: Tree;
  readonly #branches: ReadonlyMap<NormalizedName, Branch>;
  readonly #paths: ReadonlyMap<string, TreeFile>;
  readonly #hasRecords: boolean;
  readonly #problems: readonly WheelstoreError[];
  /** The folder of the page that counts, by project. */
  readonly #counting = new Map<NormalizedName, string>();

  private constructor(tree: Tree, growth: Growth) {
    this.description = tree.description;
    this.#tree = tree;
    this.#branches = growth.branches;
    this.#paths = growth.paths;
    this.#hasRecords = growth.hasRecords;
    this.#problems = growth.problems;
  }

  /**
   * Lists the tree.
   *
   * @param isForeign tells what is in the tree and not of the source, such as the repository that it is
   *   imported to
   * @throws {WheelstoreError} `not-found` where nothing of an index is in it; what the tree throws
   */
  static async open(
    tree: Tree,
    pacing: Pacing,
    isForeign: (path: string) => boolean = () => false,
  ): Promise<TreeSource> {
    const growth = new Growth();
    for await (const file of tree.list()) {
      stopIfAborted(pacing);
      if (!isForeign(file.path)) growth.add(file);
    }
    if (growth.branches.size === 0 && growth.problems.length === 0) {
      throw new WheelstoreError('not-found', `There are no distributions in ${tree.description}`, {
        value: tree.description,
        fix: 'Name a folder or a bucket with wheels (.whl) or sdists (.tar.gz, .zip) in it.',
      });
    }
    return new TreeSource(tree, growth);
  }

  projects(): ReturnType<ImportSource['projects']> {
    return Promise.resolve({ projects: [...this.#branches.keys()].sort(), problems: this.#problems });
  }

  async project(name: NormalizedName): Promise<OfferedProject | undefined> {
    const branch = this.#branches.get(name);
    if (branch === undefined) return undefined;
    const page = await this.#readPage(name, branch);
    if (page === undefined) return { project: name, files: branch.files.map(offered), problems: [] };
    const { files, problems, status } = page;
    const found = files.map((file) => this.#inTree(file));
    const listed = new Set(found.flatMap((file) => (file instanceof WheelstoreError ? [] : [file.location])));
    return {
      project: name,
      ...(status === undefined ? {} : { status }),
      files: found.filter((file): file is OfferedFile => !(file instanceof WheelstoreError)),
      unlisted: branch.files.map(({ path }) => path).filter((path) => !listed.has(path)),
      problems: [...problems, ...found.filter((file) => file instanceof WheelstoreError)],
    };
  }

  /**
   * The first page of a project that is one.
   *
   * @throws {WheelstoreError} `invalid-page` where there are files, and none of the pages says what is published
   */
  async #readPage(name: NormalizedName, { pages, files }: Branch): Promise<ReadPage | undefined> {
    let refusal: WheelstoreError | undefined;
    for (const page of pages) {
      try {
        const read = readIndexPage({
          contentType: page.path.endsWith('.json') ? 'application/vnd.pypi.simple.v1+json' : 'text/html',
          body: await this.#readWhole(page),
          url: urlOf(page.path),
        });
        this.#counting.set(name, folderOf(page.path));
        return { ...read, problems: read.problems.map((problem) => withPath(problem, page.path)) };
      } catch (error) {
        if (!(error instanceof WheelstoreError) || !NO_PAGE.has(error.code)) throw error;
        refusal ??= withPath(error, page.path);
      }
    }
    // Where there are no files of that name, it was a page about something else.
    if (refusal !== undefined && files.length > 0) throw refusal;
    return undefined;
  }

  read(location: Location, limit: number): AsyncIterable<Uint8Array> {
    return this.#tree.read(location, limit);
  }

  /**
   * The pages first: what they named and is gone would look lost.
   *
   * @throws {WheelstoreError} `unsupported-store` where the tree is a repository: its records would name what is
   *   gone
   */
  async remove(project: NormalizedName, locations: readonly Location[]): Promise<void> {
    if (this.#hasRecords) throw isRepository(this.description);
    const { pages = [] } = this.#branches.get(project) ?? {};
    // A folder of that name elsewhere may be about anything.
    const own = pages.filter(({ path }) => folderOf(path) === this.#counting.get(project));
    for (const path of [...own.map((page) => page.path), ...locations]) await this.#tree.remove?.(path);
  }

  close(): Promise<void> {
    return this.#tree.close();
  }

  async #readWhole({ path }: TreeFile): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#tree.read(path, LARGEST_PAGE)) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  }

  /** What a page says of a file, and what the tree says, where the page does not. */
  #inTree(file: OfferedFile): OfferedFile | WheelstoreError {
    const path = pathOf(file.location);
    const found = path === undefined ? undefined : this.#paths.get(path);
    if (found === undefined) {
      return new WheelstoreError(
        'not-found',
        `${quote(file.filename)} is on a page of ${this.description}, and not there`,
        {
          value: file.filename,
          fix: 'Find out where it is; or import from the URL where that page is served.',
        },
      );
    }
    const provenance = file.provenance === undefined ? undefined : pathOf(file.provenance);
    const { provenance: _, ...rest } = file;
    return {
      ...offered(found),
      ...rest,
      location: found.path,
      size: file.size ?? found.size,
      ...(provenance !== undefined && this.#paths.has(provenance) ? { provenance } : {}),
    };
  }
}

function isRepository(description: string): WheelstoreError {
  return new WheelstoreError(
    'unsupported-store',
    `Nothing is removed from ${description}: it is a repository`,
    {
      value: description,
      fix: 'Leave --remove-source out; "wheelstore delete NAME VERSION" deletes releases there.',
    },
  );
}

/** Sorts the files of a tree by projects, while it is listed. */
class Growth {
  readonly branches = new Map<NormalizedName, Branch>();
  readonly paths = new Map<string, TreeFile>();
  /** Whether a repository of ours is in the tree. */
  hasRecords = false;
  readonly problems: WheelstoreError[] = [];

  add(file: TreeFile): void {
    this.paths.set(file.path, file);
    this.hasRecords ||= file.path.startsWith(RECORDS_PREFIX) || file.path.includes(`/${RECORDS_PREFIX}`);
    const segments = file.path.split('/');
    const name = segments.at(-1) ?? '';
    if (PAGE_NAMES.includes(name)) this.#addPage(file, segments);
    else if (/\.(?:whl|tar\.gz|zip)$/i.test(name)) this.#addDistribution(file, name, segments.at(-2));
  }

  #addPage(file: TreeFile, segments: readonly string[]): void {
    const folder = segments.at(-2) ?? '';
    // The list of all projects of an index is where projects are folders.
    const isList = folder === 'simple' && segments.at(-3) !== 'simple';
    if (!isValidName(folder) || isList) return;
    // Consoles make folders of this kind; a page is never empty.
    if (segments.at(-1) === '' && file.size === 0) return;
    const { pages } = this.#branchOf(normalizeName(folder));
    pages.push(file);
    pages.sort(bestFirst);
  }

  #addDistribution(file: TreeFile, filename: string, folder = ''): void {
    try {
      const parsed = parseFilename(filename);
      const names =
        parsed.kind === 'wheel' ? [parsed.project] : parsed.candidates.map(({ project }) => project);
      // foo-1.0-1.tar.gz can be read in two ways; where it lies says more than its name.
      const own = isValidName(folder) ? names.find((name) => name === normalizeName(folder)) : undefined;
      const project = own ?? names[0];
      if (project !== undefined) this.#branchOf(project).files.push(file);
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      if (error.code !== 'unsupported-format') this.problems.push(error);
    }
  }

  #branchOf(project: NormalizedName): Branch {
    const branch = this.branches.get(project) ?? { pages: [], files: [] };
    this.branches.set(project, branch);
    return branch;
  }
}

/** What lies at the top, then what says the most, then what was written last: s3pypi can leave an older page. */
function bestFirst(one: TreeFile, other: TreeFile): number {
  return (
    depthOf(one) - depthOf(other) ||
    Number(isHtml(one)) - Number(isHtml(other)) ||
    (other.modified?.getTime() ?? 0) - (one.modified?.getTime() ?? 0) ||
    PAGE_NAMES.indexOf(nameIn(one.path)) - PAGE_NAMES.indexOf(nameIn(other.path))
  );
}

function depthOf({ path }: TreeFile): number {
  return path.split('/').length;
}

function isHtml({ path }: TreeFile): boolean {
  return !path.endsWith('.json');
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** For people, a page is where it lies. */
function withPath({ code, message, value, fix }: WheelstoreError, path: string): WheelstoreError {
  const url = urlOf(path);
  return new WheelstoreError(code, message.replaceAll(url, path), {
    ...(value === undefined ? {} : { value: value === url ? path : value }),
    ...(fix === undefined ? {} : { fix }),
  });
}

function offered({ path, size, modified }: TreeFile): OfferedFile {
  return {
    filename: nameIn(path),
    location: path,
    size,
    hashes: {},
    yanked: false,
    ...(modified === undefined ? {} : { uploadTime: modified.toISOString() }),
  };
}

function urlOf(path: string): string {
  return SITE + path.split('/').map(encodeURIComponent).join('/');
}

/** `undefined` for a link that leads out of the tree. */
function pathOf(url: string): string | undefined {
  if (!url.startsWith(SITE)) return undefined;
  try {
    return decodeURIComponent(new URL(url).pathname.slice(1));
  } catch {
    return undefined;
  }
}
