import { readHtmlList } from './pages/html-list.ts';
import { readHtml } from './pages/html-document.ts';
import { readHtmlPage } from './pages/html-page.ts';
import { readJsonList, readJsonPage } from './pages/json-page.ts';
import { DEFAULT_PAGE_LIMITS, invalidPage, Problems, type IndexPage, type PageLimits } from './pages/page.ts';
import type { ReadList, ReadPage } from './pages/read-page.ts';
import { formatOfPage, textOfPage } from './pages/text.ts';

/**
 * Reads the page of a project, or any page that links to distributions: JSON (PEP 691) or HTML (PEP 503),
 * as indexes of all kinds and ages write them.
 *
 * @throws {WheelstoreError} `invalid-page` where it is no page of an index, or speaks another version of
 *   the simple API. What is wrong with single entries is among the problems.
 */
export function readIndexPage(page: IndexPage, limits: Partial<PageLimits> = {}): ReadPage {
  const { url } = page;
  const bounds = { ...DEFAULT_PAGE_LIMITS, ...limits };
  const text = textOfPage(page, bounds);
  const problems = new Problems(url);
  if (formatOfPage(page, text) === 'json') return readJsonPage(parsed(text, url), url, bounds, problems);
  return readHtmlPage(readHtml(text, url, bounds), url, problems);
}

/**
 * Reads a project list, in JSON or HTML.
 *
 * @throws {WheelstoreError} as `readIndexPage`; also where it lists files instead
 */
export function readIndexList(page: IndexPage, limits: Partial<PageLimits> = {}): ReadList {
  const { url } = page;
  const bounds = { ...DEFAULT_PAGE_LIMITS, ...limits };
  const text = textOfPage(page, bounds);
  const problems = new Problems(url);
  if (formatOfPage(page, text) === 'json') return readJsonList(parsed(text, url), url, bounds, problems);
  return readHtmlList(readHtml(text, url, bounds), url, problems);
}

function parsed(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidPage(url, 'should be JSON, and is not');
  }
}
