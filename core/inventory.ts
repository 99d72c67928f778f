import { stopIfAborted, type Environment } from './environment.ts';
import { WheelstoreError } from './errors.ts';
import { roleOf } from './keys.ts';
import type { NormalizedName } from './names.ts';
import type { Store } from './store.ts';

/** What there is of one project, besides its record. */
export interface ProjectObjects {
  /** Distributions and what is beside them: sizes in bytes, by key. */
  readonly files: ReadonlyMap<string, number>;
  readonly pages: ReadonlySet<string>;
}

/** What a listing has found, by what it belongs to. */
export interface Inventory {
  /** Also those of which there is a record, and nothing else. */
  readonly projects: ReadonlyMap<NormalizedName, ProjectObjects>;
  /** Keys where nothing of a repository can be, in folders that hold nothing else. */
  readonly foreign: readonly string[];
  /** How many objects there are beside the repository, by the first segment of their keys. */
  readonly elsewhere: ReadonlyMap<string, number>;
  /** Whether there is nothing of a repository. */
  readonly isEmpty: boolean;
}

const NOTHING: ProjectObjects = { files: new Map(), pages: new Set() };

/** What there is of one project, in an inventory that may not have it. */
export function objectsOf({ projects }: Inventory, project: NormalizedName): ProjectObjects {
  return projects.get(project) ?? NOTHING;
}

/** Lists what is in a repository, or only what starts with one of `prefixes`. */
export async function takeInventory(
  environment: Environment,
  prefixes: readonly string[] = [''],
): Promise<Inventory> {
  const projects = new Map<NormalizedName, { files: Map<string, number>; pages: Set<string> }>();
  const foreign: string[] = [];
  const elsewhere = new Map<string, number>();
  let isEmpty = true;
  const ofProject = (project: NormalizedName) => {
    const objects = projects.get(project) ?? { files: new Map(), pages: new Set() };
    projects.set(project, objects);
    return objects;
  };
  for (const prefix of prefixes) {
    for await (const { key, size } of environment.store.list(prefix)) {
      stopIfAborted(environment);
      const found = roleOf(key);
      isEmpty &&= ['elsewhere', 'foreign', 'tokens'].includes(found.role);
      if (found.role === 'record') ofProject(found.project);
      else if (found.role === 'file') ofProject(found.project).files.set(key, size);
      else if (found.role === 'page' && found.project !== undefined) ofProject(found.project).pages.add(key);
      else if (found.role === 'foreign') foreign.push(key);
      else if (found.role === 'elsewhere') {
        const [first = ''] = key.split('/', 1);
        elsewhere.set(first, (elsewhere.get(first) ?? 0) + 1);
      }
    }
  }
  return { projects, foreign, elsewhere, isEmpty };
}

/** What to say where nothing was ever published: most often, it is another place than was meant. */
export function noRepository({ description }: Store): WheelstoreError {
  return new WheelstoreError('not-found', `There is no repository in ${description}`, {
    value: description,
    fix: 'Check the name and the prefix; the first "wheelstore upload" makes one.',
  });
}
