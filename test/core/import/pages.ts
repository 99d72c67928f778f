import { readIndexList, readIndexPage } from '../../../core/import/index-page.ts';
import type { OfferedFile } from '../../../core/import/source.ts';

export const PAGE_URL = 'https://pypi.old.example/simple/foo/';
export const LIST_URL = 'https://pypi.old.example/simple/';

export const SHA256 = '12'.repeat(32);

/** Reads HTML as the page of a project. */
export function htmlPage(body: string, url = PAGE_URL, contentType = 'text/html; charset=utf-8') {
  return readIndexPage({ url, contentType, body });
}

export function htmlList(body: string, url = LIST_URL) {
  return readIndexList({ url, contentType: 'text/html', body });
}

export function jsonPage(value: unknown, url = PAGE_URL) {
  return readIndexPage({
    url,
    contentType: 'application/vnd.pypi.simple.v1+json',
    body: JSON.stringify(value),
  });
}

export function jsonList(value: unknown, url = LIST_URL) {
  return readIndexList({
    url,
    contentType: 'application/vnd.pypi.simple.v1+json',
    body: JSON.stringify(value),
  });
}

/** A page of a project in JSON with these entries. */
export function jsonFiles(...files: readonly unknown[]) {
  return jsonPage({ meta: { 'api-version': '1.4' }, name: 'foo', files });
}

/** An offered file of which a source says nothing but where it is. */
export function bare(filename: string, location: string, more: Partial<OfferedFile> = {}): OfferedFile {
  return { filename, location, hashes: {}, yanked: false, ...more };
}

/** The page of a simple index around some links. */
export function linksFor(...anchors: readonly string[]): string {
  return `<!DOCTYPE html><html><head><title>Links for foo</title></head><body><h1>Links for foo</h1>${anchors.join('<br/>\n')}</body></html>`;
}
