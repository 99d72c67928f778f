import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { sha256 } from '../support/bytes.ts';
import type { BuiltFile } from '../support/distributions.ts';
import { lyingServer, type LyingServer } from '../support/lying-server.ts';

/** A file as a scripted index has it. */
export interface IndexFile extends BuiltFile {
  /** Of PEP 691; in place of what is right. `undefined` leaves a key out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The second of two files of one name has a URL of its own. */
  readonly folder?: string;
}

/** A project of a scripted index. A test can change it while it is served. */
export interface IndexProject {
  files: IndexFile[];
  status?: { readonly status: string; readonly reason?: string };
}

/** An index in JSON that says whatever a test wants. */
export class ScriptedIndex {
  readonly projects = new Map<string, IndexProject>();
  /** What is answered at a path in place of what is right. */
  readonly answers = new Map<string, RequestListener>();
  /** Asked first; says whether it has answered. */
  guard: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  readonly #server: LyingServer;

  private constructor(server: LyingServer) {
    this.#server = server;
  }

  static async start(projects: Readonly<Record<string, readonly IndexFile[]>> = {}): Promise<ScriptedIndex> {
    const started: { index?: ScriptedIndex } = {};
    const server = await lyingServer((request, response) => started.index?.answer(request, response));
    const index = new ScriptedIndex(server);
    started.index = index;
    for (const [name, files] of Object.entries(projects)) index.projects.set(name, { files: [...files] });
    return index;
  }

  get url(): string {
    return `${this.#server.url}/simple/`;
  }

  get port(): number {
    return this.#server.port;
  }

  /** The paths that were asked for since the last call, in order. */
  takeRequests(): string[] {
    return this.#server.requests.splice(0).map(({ url = '' }) => url);
  }

  answer: RequestListener = (request, response) => {
    if (this.guard(request, response)) return;
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const listener = this.answers.get(decodeURIComponent(path));
    if (listener !== undefined) return listener(request, response);
    const [, area = '', name = '', ...rest] = path.split('/').map(decodeURIComponent);
    if (area === 'simple' && name === '') return sendJson(response, this.#list());
    if (area === 'simple') {
      if (rest.join('') !== '') return send(response, 404, '');
      const project = this.projects.get(name);
      return project === undefined ? send(response, 404, '') : sendJson(response, pageOf(name, project));
    }
    const file = this.#file(name, rest);
    return file === undefined ? send(response, 404, '') : send(response, 200, file.bytes);
  };

  #list(): object {
    return { meta: META, projects: [...this.projects.keys()].map((name) => ({ name })) };
  }

  #file(project: string, [first = '', second]: readonly string[]): IndexFile | undefined {
    const [folder, filename] = second === undefined ? [undefined, first] : [first, second];
    const files = this.projects.get(project)?.files ?? [];
    return files.find((file) => file.filename === filename && file.folder === folder);
  }
}

const META = { 'api-version': '1.4' };

/** Where a scripted index has a file. */
export function pathOf(project: string, { filename, folder }: IndexFile): string {
  return `/files/${project}/${folder === undefined ? '' : `${folder}/`}${filename}`;
}

function pageOf(name: string, { files, status }: IndexProject): object {
  const entries = files.map((file) => ({
    filename: file.filename,
    url: encodeURI(pathOf(name, file)),
    hashes: { sha256: sha256(file.bytes) },
    size: file.bytes.length,
    ...file.claims,
  }));
  return { meta: META, name, files: entries, ...(status && { 'project-status': status }) };
}

function sendJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' });
  response.end(JSON.stringify(value));
}

export function send(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body);
}

/** Answers with a page. */
export function page(
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): RequestListener {
  return (_, response) => send(response, 200, body, headers);
}
