import { headersOf } from '../../core/keys.ts';
import type { OpenObject, Store } from '../../core/store.ts';
import type { Action } from '../../server/access/actions.ts';
import { MemoryStore } from '../../stores/memory.ts';
import { FILE_PATH } from './serving.ts';

/** One request to a private index, and what comes of it for whom. */
export interface AccessRoute {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `nowhere`: the path can name nothing. `redirect`: for everyone. */
  readonly action: Action | 'nowhere' | 'redirect';
  /** For who may read everything, as for everyone on a public index. */
  readonly full: number;
  /** For who may read the project foo alone. */
  readonly limited: number;
}

type Headers = Readonly<Record<string, string>>;

export const BAR_PATH = '/files/bar/0123456789abcdef/bar-1.0-py3-none-any.whl';
export const MISSING_FILE_PATH = '/files/foo/0123456789abcdef/foo-9.9-py3-none-any.whl';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';

function page(path: string, full: number, limited: number, headers: Headers = {}): AccessRoute[] {
  return ['GET', 'HEAD'].map((method) => ({ method, path, headers, action: 'list', full, limited }));
}

function file(path: string, full: number, limited: number, headers: Headers = {}): AccessRoute {
  return { method: 'GET', path, headers, action: 'download', full, limited };
}

function nowhere(path: string): AccessRoute {
  return { method: 'GET', path, headers: {}, action: 'nowhere', full: 404, limited: 404 };
}

function redirect(path: string, status: number): AccessRoute {
  return { method: 'GET', path, headers: {}, action: 'redirect', full: status, limited: status };
}

function update(method: string, path: string): AccessRoute {
  return { method, path, headers: {}, action: 'update', full: 405, limited: 405 };
}

/** Every kind of answer that there is. */
export const ACCESS_ROUTES: readonly AccessRoute[] = [
  redirect('/', 302),
  redirect('/simple', 301),
  redirect('/simple/Foo/', 301),
  redirect('/simple/none', 301),
  redirect('/foo/', 301),
  redirect('/tokens/', 301),

  ...page('/simple/', 200, 403),
  ...page('/simple/index.html', 200, 403),
  ...page('/%73imple/', 200, 403),
  ...page('/simple/', 200, 403, { accept: JSON_TYPE, 'accept-encoding': 'gzip' }),
  ...page('/simple/', 304, 403, { 'if-none-match': '*' }),
  ...page('/simple/', 406, 406, { accept: 'image/png' }),
  ...page('/simple/foo/', 200, 200),
  ...page('/simple/foo/', 200, 200, { accept: JSON_TYPE }),
  ...page('/simple/foo/', 200, 200, { accept: JSON_TYPE, 'accept-encoding': 'gzip' }),
  ...page('/simple/foo/index.json', 200, 200),
  ...page('/simple/foo/', 304, 304, { 'if-none-match': '*' }),
  ...page('/simple/foo/', 412, 412, { 'if-match': '"other"' }),
  ...page('/simple/foo/', 406, 406, { accept: 'image/png' }),
  ...page('/simple/bar/', 200, 404),
  ...page('/simple/bar/', 304, 404, { 'if-none-match': '*' }),
  ...page('/simple/none/', 404, 404),

  file(FILE_PATH, 200, 200),
  { ...file(FILE_PATH, 200, 200), method: 'HEAD' },
  file(`${FILE_PATH}.metadata`, 200, 200),
  file(FILE_PATH, 206, 206, { range: 'bytes=0-1' }),
  file(FILE_PATH, 416, 416, { range: 'bytes=99-' }),
  file(FILE_PATH, 304, 304, { 'if-none-match': '*' }),
  file(FILE_PATH, 304, 304, { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }),
  file(FILE_PATH, 412, 412, { 'if-match': '"other"' }),
  file(FILE_PATH.replace('/files/', '/%66iles/'), 200, 200),
  file(FILE_PATH.replace('foo-1.0', '%66oo-1%2e0'), 200, 200),
  file(`${FILE_PATH}?/simple/`, 200, 200),
  file(BAR_PATH, 200, 404),
  file(BAR_PATH, 206, 404, { range: 'bytes=0-1' }),
  file(BAR_PATH, 304, 404, { 'if-none-match': '*' }),
  { ...file(BAR_PATH, 200, 404), method: 'HEAD' },
  file(MISSING_FILE_PATH, 404, 404),

  nowhere('//files/foo'),
  nowhere(`/${FILE_PATH}`),
  nowhere('/files/../simple/'),
  nowhere('/simple/../files/'),
  nowhere('/files/%2e%2e/simple/foo/'),
  nowhere('/files/foo/'),
  nowhere('/SIMPLE/'),
  nowhere('/favicon.ico'),
  nowhere('/tokens.json'),
  nowhere('/repository.json'),
  nowhere('/records/default/foo.json'),
  nowhere('/.wheelstore/versions/tokens.json/1'),

  update('POST', '/'),
  update('POST', '/simple/'),
  update('PUT', FILE_PATH),
  update('DELETE', '/simple/foo/'),
  update('OPTIONS', '/nothing/here'),
  update('PATCH', '/tokens.json'),
];

/** For the name of a test. */
export function nameOf({ method, path, headers }: AccessRoute): string {
  const shown = Object.entries(headers).map(([name, value]) => ` ${name}: ${value}`);
  return `${method} ${path}${shown.join('')}`;
}

const OBJECTS: Readonly<Record<string, string>> = {
  'simple/index.html': 'all',
  'simple/index.json': '{}',
  'simple/index.json.gz': 'packed',
  'simple/foo/index.html': 'foo',
  'simple/foo/index.json': '{}',
  'simple/foo/index.json.gz': 'packed',
  'simple/bar/index.html': 'bar',
  [FILE_PATH.slice(1)]: '0123456789',
  [`${FILE_PATH.slice(1)}.metadata`]: 'Metadata-Version: 2.1\n',
  [BAR_PATH.slice(1)]: '0123456789',
  'records/default/foo.json': '{}',
  'repository.json': '{}',
};

/** What the table is about. */
export async function storeOfTable(): Promise<MemoryStore> {
  const store = new MemoryStore(() => new Date('2024-05-06T07:08:09Z'));
  for (const [key, body] of Object.entries(OBJECTS)) {
    await store.replace(key, new Uint8Array(Buffer.from(body)), undefined, headersOf(key));
  }
  return store;
}

/** Tells what was opened, read, and not closed. */
export class WatchedStore implements Pick<Store, 'open'> {
  opened: string[] = [];
  read: string[] = [];
  unclosed = 0;
  readonly #inner: Pick<Store, 'open'>;

  constructor(inner: Pick<Store, 'open'>) {
    this.#inner = inner;
  }

  async open(key: string): Promise<OpenObject | undefined> {
    this.opened.push(key);
    const object = await this.#inner.open(key);
    if (object === undefined) return undefined;
    this.unclosed++;
    let isClosed = false;
    return {
      ...object,
      stream: (start, end) => {
        this.read.push(key);
        return object.stream(start, end);
      },
      close: async () => {
        if (!isClosed) this.unclosed--;
        isClosed = true;
        await object.close();
      },
    };
  }

  forget(): void {
    this.opened = [];
    this.read = [];
  }
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
