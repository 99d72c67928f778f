import { pageKey } from './keys.ts';
import { isNormalizedName, type NormalizedName } from './names.ts';
import type { Store } from './store.ts';

/** The projects that the project list names as it is. It may be damaged: then it names none. */
export async function namesOnList(store: Store): Promise<ReadonlySet<NormalizedName>> {
  const page = await readPage(store, undefined);
  const projects = Array.isArray(page['projects']) ? (page['projects'] as unknown[]) : [];
  const names = projects.map((project) => asObject(project)['name']);
  return new Set(
    names.filter((name): name is NormalizedName => typeof name === 'string' && isNormalizedName(name)),
  );
}

/**
 * The serial of the record that a project's page was made from, as any of its representations says; 0
 * where none does.
 */
export async function serialOnPage(store: Store, project: NormalizedName): Promise<number> {
  const page = await readPage(store, project);
  const serials = [asObject(page['meta'])['_last-serial']];
  for (const representation of ['index.html', 'index.v1.html'] as const) {
    const object = await store.get(pageKey(project, representation));
    const text = object === undefined ? '' : new TextDecoder().decode(object.body);
    serials.push(Number(/<!--SERIAL ([1-9]\d{0,14})-->\s*$/.exec(text)?.[1] ?? 0));
  }
  return Math.max(...serials.map((serial) => (isSerial(serial) ? serial : 0)));
}

/** Far below where numbers lose their last digit. */
function isSerial(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 48;
}

/** The JSON page as it is; empty where there is none, or where it is no JSON. */
async function readPage(
  store: Store,
  project: NormalizedName | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const object = await store.get(pageKey(project, 'index.json'));
  if (object === undefined) return {};
  try {
    return asObject(JSON.parse(new TextDecoder().decode(object.body)));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
