// Runs in `serve` and, bundled, in a CloudFront Function: ES5.1 with const, let, arrows and template
// literals is all there is (see build/edge.mjs), and nothing here may throw.
import type { Representation } from '../keys.ts';
import { isValidName } from '../names.ts';
import { negotiate } from './negotiate.ts';
import { encodeSegment, segmentsOf } from './segments.ts';

/** What the edge looks at. */
export interface EdgeRequest {
  /** In upper case. */
  readonly method: string;
  /** As it was sent: percent-encoded, without the query. */
  readonly path: string;
  /** As it was sent, without `?`; empty where there is none. */
  readonly query: string;
  /** Several headers of one name are joined by a comma. */
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** The resource is elsewhere. */
export interface EdgeRedirect {
  readonly kind: 'redirect';
  readonly status: 301 | 302;
  /** A path on this site and perhaps a query; it never redirects again. */
  readonly location: string;
}

/** There may be an object for this request. */
export interface EdgeRewrite {
  readonly kind: 'rewrite';
  /** The path of the object, canonically encoded: it alone is the cache key. */
  readonly path: string;
  /** Whether the headers `Accept` and `Accept-Encoding` had a say, so that `Vary` must name them. */
  readonly negotiated: boolean;
}

/** There is nothing to look for. What is 401, 403 and 503 for is in access.ts. */
export interface EdgeAnswer {
  readonly kind: 'answer';
  readonly status: 401 | 403 | 404 | 405 | 406 | 503;
}

export type EdgeDecision = EdgeRedirect | EdgeRewrite | EdgeAnswer;

const NOT_FOUND: EdgeAnswer = { kind: 'answer', status: 404 };

/** Written down again, because core/keys.ts is too large for the edge. */
const PAGE_FILES: readonly string[] = [
  'index.html',
  'index.v1.html',
  'index.json',
  'index.json.gz',
] satisfies Representation[];

/** Top-level folders: a project of that name is found below /simple/ only. */
const FOLDERS = ['simple', 'files', 'records', 'project'];

/** What browsers and crawlers ask of every site. No client spells a project like this: they normalize. */
const SITE_FILE = /\.(css|html?|ico|js|json|map|php|png|svg|txt|webmanifest|xml)$/;

/** The first 16 hex digits of the SHA-256, and a number where that alone is taken. */
const HASH_FOLDER = /^[0-9a-f]{16}(-[1-9][0-9]*)?$/;

/** PEP 503, for a name that is valid. `normalizeName` would bring its error into the bundle. */
function normalized(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** Within ASCII: see segments.ts on regular expressions. */
function isProject(name: string): boolean {
  return !/[^!-~]/.test(name) && isValidName(name);
}

function redirect(status: 301 | 302, path: string, query: string): EdgeRedirect {
  // Only what may stand in a URI: a query that could end the header or the URL is left behind.
  const keep = query !== '' && !/[^!"$-~]/.test(query);
  return { kind: 'redirect', status, location: keep ? `${path}?${query}` : path };
}

function page(request: EdgeRequest, folder: string): EdgeDecision {
  const representation = negotiate(request);
  if (representation === undefined) return { kind: 'answer', status: 406 };
  return { kind: 'rewrite', path: folder + representation, negotiated: true };
}

/** /simple/<name>, with or without a slash, and the objects of a page by their own names. */
function simple(request: EdgeRequest, segments: readonly string[]): EdgeDecision {
  const name = String(segments[1]);
  const isFile = PAGE_FILES.indexOf(String(segments[segments.length - 1])) >= 0;
  if (segments.length === 1) return redirect(301, '/simple/', request.query);
  if (segments.length === 2 && name === '') return page(request, '/simple/');
  if (segments.length === 2 && isFile) return { kind: 'rewrite', path: `/simple/${name}`, negotiated: false };
  if (segments.length > 3 || !isProject(name)) return NOT_FOUND;

  const wanted = segments.length === 3 ? String(segments[2]) : '';
  if (wanted !== '' && !isFile) return NOT_FOUND;
  const folder = `/simple/${normalized(name)}/`;
  // SRA: redirect what is not normalized; in one step, whatever else is amiss.
  const isCanonical = segments.length === 3 && request.path.split('/')[2] === normalized(name);
  if (!isCanonical) return redirect(301, folder + wanted, request.query);
  if (wanted !== '') return { kind: 'rewrite', path: folder + wanted, negotiated: false };
  return page(request, folder);
}

/** /files/<project>/<hash>/<filename>: `%2B` and `+`, `%21` and `!` are one path. */
function file(segments: readonly string[]): EdgeDecision {
  const project = String(segments[1]);
  const hash = String(segments[2]);
  const filename = segments.length === 4 ? String(segments[3]) : '';
  if (filename === '' || !isProject(project) || project !== normalized(project)) return NOT_FOUND;
  if (!HASH_FOLDER.test(hash)) return NOT_FOUND;
  return {
    kind: 'rewrite',
    path: `/files/${project}/${hash}/${encodeSegment(filename)}`,
    negotiated: false,
  };
}

/** /<name>, with or without a slash: where s3pypi has the page of a project. */
function legacyPage(request: EdgeRequest, segments: readonly string[]): EdgeDecision {
  const name = String(segments[0]);
  if (segments.length > 2 || (segments.length === 2 && segments[1] !== '')) return NOT_FOUND;
  const lower = name.toLowerCase();
  if (!isProject(name) || FOLDERS.indexOf(lower) >= 0 || SITE_FILE.test(lower)) return NOT_FOUND;
  return redirect(301, `/simple/${normalized(name)}/`, request.query);
}

/**
 * What to do with a request, from its first line and two headers alone. Never throws. Everything in
 * the result is built from parts that were validated: a redirect stays on the site, a rewrite stays
 * in simple/ and files/.
 */
export function decide(request: EdgeRequest): EdgeDecision {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { kind: 'answer', status: 405 };
  const segments = segmentsOf(request.path);
  if (segments === undefined) return NOT_FOUND;
  if (segments[0] === '') return redirect(302, '/simple/', request.query);
  if (segments[0] === 'simple') return simple(request, segments);
  if (segments[0] === 'files') return file(segments);
  return legacyPage(request, segments);
}
