import { describe, expect, it } from 'vitest';
import { readIndexPage } from '../../../core/import/index-page.ts';
import { thrownBy } from '../thrown.ts';
import { htmlList, htmlPage, linksFor, PAGE_URL } from './pages.ts';

describe('HTML that is no page of an index', () => {
  const NONE: readonly [string, string][] = [
    ['nothing', ''],
    ['white space', '\n \n'],
    ['a sentence', 'Not found'],
    [
      'a login',
      '<html><head><title>Package Index</title></head><body><form><input name=user><input TYPE="Password"></form></body></html>',
    ],
    [
      'a login beside links',
      '<html><body><form action="/login"><input type="submit"></form><a href="/help">Help</a></body></html>',
    ],
    [
      'a portal',
      '<html><head><meta http-equiv="refresh" content="0; url=https://portal.example/"></head><body></body></html>',
    ],
    [
      'a program',
      '<!DOCTYPE html><html><head><script src="/app.js"></script></head><body><div id="root"></div></body></html>',
    ],
    ['a picture', '<!DOCTYPE html><html><body><img src="parked.png"></body></html>'],
    [
      'words about nothing',
      '<!DOCTYPE html><html><head><title>foo</title></head><body><p>There is nothing here.</p></body></html>',
    ],
    [
      'a page of links',
      '<!DOCTYPE html><html><body><a href="/about">About</a> <a href="https://x.example">X</a></body></html>',
    ],
    ['links in a comment alone', '<!DOCTYPE html><p>x</p><!-- <a href="foo-1.0.tar.gz">x</a> -->'],
  ];

  it.each(NONE)('%s', (_, body) => {
    expect(thrownBy(() => htmlPage(body)).code).toBe('invalid-page');
    expect(thrownBy(() => htmlList(body)).code).toBe('invalid-page');
  });

  it.each([
    ['of another version', '<meta name="pypi:repository-version" content="2.0">'],
    ['of a version that is none', '<META content="latest" NAME="PyPI:repository-version">'],
  ])('nor one %s', (_, meta) => {
    const body = `<!DOCTYPE html><html><head>${meta}</head><body><a href="foo-1.0.tar.gz">x</a></body></html>`;
    expect(thrownBy(() => htmlPage(body)).code).toBe('invalid-page');
    expect(thrownBy(() => htmlList(body)).code).toBe('invalid-page');
  });
});

describe('a project without files', () => {
  it.each([
    [
      'of PyPI',
      '<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4"><title>Links for foo</title></head><body><h1>Links for foo</h1></body></html>',
    ],
    [
      'of s3pypi',
      '<!DOCTYPE html>\n<html>\n  <head>\n    <meta charset="UTF-8">\n    <title>Package Index</title>\n  </head>\n  <body>\n\n  </body>\n</html>',
    ],
    ['with nothing at all', '<html><body></body></html>'],
    ['with its name', '<!DOCTYPE html><title>foo</title><h1>foo</h1><br>'],
    [
      'in an empty folder',
      '<html><head><title>Index of /foo/</title></head><body><h1>Index of /foo/</h1><hr><pre><a href="../">../</a></pre></body></html>',
    ],
  ])('%s', (_, body) => {
    const { files, problems } = htmlPage(body);
    expect([files, problems]).toEqual([[], []]);
  });
});

describe('hostile links', () => {
  it.each([
    ['javascript:alert(1)', 'unsafe-address'],
    [' JaVa\tScRiPt:alert(1)//foo-1.0.tar.gz', 'unsafe-address'],
    ['data:text/html,foo-1.0.tar.gz', 'unsafe-address'],
    ['file:///etc/foo-1.0.tar.gz', 'unsafe-address'],
    ['ftp://pypi.old.example/foo-1.0.tar.gz', 'unsafe-address'],
    ['gopher://pypi.old.example/foo-1.0.tar.gz', 'invalid-page'],
    ['..%2ffoo-1.0.tar.gz', 'invalid-filename'],
    ['..%5Cfoo-1.0.tar.gz', 'invalid-filename'],
    ['%252e%252e%252ffoo-1.0.tar.gz', 'invalid-filename'],
    ['foo-1.0%00.tar.gz', 'invalid-filename'],
    ['foo-1.0%0d%0aX: y.tar.gz', 'invalid-filename'],
    ['f%D0%BE%D0%BE-1.0.tar.gz', 'invalid-filename'],
    ['foo-1.0%E2%80%AE.tar.gz', 'invalid-filename'],
    ['foo-1.0%zz.tar.gz', 'invalid-filename'],
    ['.foo-1.0.tar.gz', 'invalid-filename'],
    ['-foo-1.0.tar.gz', 'invalid-filename'],
    ['.whl', 'invalid-filename'],
    ['foo.whl', 'invalid-filename'],
    ['foo-1.0.TAR.GZ', 'invalid-filename'],
    [`${'a'.repeat(300)}-1.0.tar.gz`, 'invalid-filename'],
    [`foo-1.0.tar.gz#sha256=${'xy'.repeat(32)}`, 'invalid-page'],
    ['foo-1.0.tar.gz#sha256=None', 'invalid-page'],
  ])('%.80j is a problem', (href, code) => {
    const { files, problems } = htmlPage(
      linksFor(`<a href="${href}">foo</a>`, '<a href="foo-2.0.tar.gz">x</a>'),
    );
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(files.map(({ filename }) => filename)).toEqual(['foo-2.0.tar.gz']);
  });

  it('that cannot be read are problems where their text names a file', () => {
    const page = linksFor('<a href="https://[">foo-1.0.tar.gz</a>', '<a href="https://[">elsewhere</a>');
    expect(htmlPage(page).problems.map(({ value }) => value)).toEqual(['foo-1.0.tar.gz']);
    const long = linksFor(`<a href="${'a'.repeat(10_000)}">foo-1.0.tar.gz</a>`);
    expect(htmlPage(long).problems).toHaveLength(1);
  });

  it('go nowhere by a base', () => {
    const page = (base: string) =>
      htmlPage(linksFor(`<base href="${base}">`, '<a href="foo-1.0.tar.gz">x</a>'));
    expect(page('javascript:alert(1)').problems.map(({ code }) => code)).toEqual(['unsafe-address']);
    expect(page('file:///etc/').files[0]?.location).toBe(
      'https://pypi.old.example/simple/foo/foo-1.0.tar.gz',
    );
  });

  it('lose their credentials', () => {
    const { files } = htmlPage(linksFor('<a href="https://me:secret@pypi.old.example/foo-1.0.tar.gz">x</a>'));
    expect(files[0]?.location).toBe('https://pypi.old.example/foo-1.0.tar.gz');
  });
});

describe('a page without end', () => {
  const refusal = (body: string) => thrownBy(() => htmlPage(body)).code;

  it('has too many links', () => {
    const body = '<a href="foo-1.0.tar.gz">'.repeat(101);
    const page = { url: PAGE_URL, contentType: 'text/html', body };
    expect(thrownBy(() => readIndexPage(page, { maxLinks: 100 })).code).toBe('invalid-page');
    expect(readIndexPage(page, { maxLinks: 101 }).files).toHaveLength(101);
  });

  it('has elements within elements', () => {
    expect(refusal('<b>'.repeat(1_000_000))).toBe('invalid-page');
    expect(refusal(`${'<a href=x><b>'.repeat(100_000)}${'</i>'.repeat(100_000)}`)).toBe('invalid-page');
  });

  it('has titles, texts and attributes of any length', () => {
    const { files } = htmlPage(
      `${'<h1>'.repeat(50)}${'Links for '.repeat(10_000)}${'</h1>'.repeat(50)}<a ${'x '.repeat(10_000)} href="foo-1.0.tar.gz" data-yanked="${'no '.repeat(10_000)}">${'x&amp;'.repeat(100_000)}</a>`,
    );
    expect(String(files[0]?.yanked).length).toBeLessThanOrEqual(1000);
  });
});
