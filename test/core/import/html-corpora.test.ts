import { describe, expect, it } from 'vitest';
import { bare, htmlPage, SHA256 } from './pages.ts';
import { s3pypiPage } from '../../support/import-sources.ts';

const filenamesOf = (body: string, url?: string) => {
  const { files, problems } = htmlPage(body, url);
  expect(problems).toEqual([]);
  return files.map(({ filename }) => filename);
};

describe('pages of s3pypi', () => {
  const url = 'https://pypi.old.example/s3pypi/';

  it('are read with epochs, local versions, and hashes where there are some', () => {
    const { files, problems } = htmlPage(
      s3pypiPage(
        `<a href="s3pypi-0%210-py2-none-any.whl#sha256=${SHA256}">s3pypi-0!0-py2-none-any.whl</a>`,
        '<a href="s3pypi-0!0.tar.gz">s3pypi-0!0.tar.gz</a>',
        '<a href="s3pypi-0%2Blocal-py2-none-any.whl">s3pypi-0+local-py2-none-any.whl</a>',
        `<a href="s3pypi-0+local.tar.gz#md5=${'ab'.repeat(16)}">s3pypi-0+local.tar.gz</a>`,
        '<a href="s3pypi-0.dev0.tar.gz">s3pypi-0.dev0.tar.gz</a>',
        '<a href="s3pypi-0rc0.tar.gz">s3pypi-0rc0.tar.gz</a>',
      ),
      url,
    );
    expect(problems).toEqual([]);
    expect(files).toEqual([
      bare('s3pypi-0!0-py2-none-any.whl', `${url}s3pypi-0%210-py2-none-any.whl`, {
        hashes: { sha256: SHA256 },
      }),
      bare('s3pypi-0!0.tar.gz', `${url}s3pypi-0!0.tar.gz`),
      bare('s3pypi-0+local-py2-none-any.whl', `${url}s3pypi-0%2Blocal-py2-none-any.whl`),
      bare('s3pypi-0+local.tar.gz', `${url}s3pypi-0+local.tar.gz`, { hashes: { md5: 'ab'.repeat(16) } }),
      bare('s3pypi-0.dev0.tar.gz', `${url}s3pypi-0.dev0.tar.gz`),
      bare('s3pypi-0rc0.tar.gz', `${url}s3pypi-0rc0.tar.gz`),
    ]);
  });

  it('are read with two anchors on one line, which s3pypi itself lost', () => {
    const both = '<a href="foo-1.0.tar.gz">foo-1.0.tar.gz</a> <a href="foo-1.1.tar.gz">foo-1.1.tar.gz</a>';
    expect(filenamesOf(s3pypiPage(both))).toEqual(['foo-1.0.tar.gz', 'foo-1.1.tar.gz']);
  });

  it('are read from the key of an object as well', () => {
    const { files } = htmlPage(s3pypiPage('<a href="foo-1.0%2Bx.tar.gz">foo</a>'), 's3://bucket/prefix/foo/');
    expect(files).toEqual([bare('foo-1.0+x.tar.gz', 's3://bucket/prefix/foo/foo-1.0%2Bx.tar.gz')]);
  });

  it('may have no files left', () => {
    expect(filenamesOf(s3pypiPage())).toEqual([]);
  });
});

describe('pages of other indexes', () => {
  it('PyPI: everything that an anchor can say', () => {
    const { files, status, problems } = htmlPage(`<!DOCTYPE html>
<html>
  <head>
    <meta name="pypi:repository-version" content="1.4">
    <meta name="pypi:project-status" content="deprecated">
    <meta name="pypi:project-status-reason" content="use bar &amp; baz">
    <title>Links for foo</title>
  </head>
  <body>
    <h1>Links for foo</h1>
<a href="https://files.old.example/packages/aa/bb/foo-1.0-py3-none-any.whl#sha256=${SHA256}" data-requires-python="&gt;=3.8, &lt;4" data-dist-info-metadata="sha256=${'cd'.repeat(32)}" data-core-metadata="sha256=${'ef'.repeat(32)}" data-provenance="https://files.old.example/provenance" data-gpg-sig="true">foo-1.0-py3-none-any.whl</a><br />
<a href="https://files.old.example/packages/foo-1.1.tar.gz#sha256=${SHA256}" data-yanked="does not &quot;start&quot;">foo-1.1.tar.gz</a><br />
<a href="https://files.old.example/packages/foo-1.2.tar.gz#sha256=${SHA256}" data-yanked data-dist-info-metadata="true">foo-1.2.tar.gz</a><br />
  </body>
</html>
<!--SERIAL 123-->`);
    expect(problems).toEqual([]);
    expect(status).toEqual({ status: 'deprecated', reason: 'use bar & baz' });
    const hashes = { sha256: SHA256 };
    expect(files).toEqual([
      bare('foo-1.0-py3-none-any.whl', 'https://files.old.example/packages/aa/bb/foo-1.0-py3-none-any.whl', {
        hashes,
        requiresPython: '>=3.8, <4',
        metadata: { sha256: 'ef'.repeat(32) },
        provenance: 'https://files.old.example/provenance',
      }),
      bare('foo-1.1.tar.gz', 'https://files.old.example/packages/foo-1.1.tar.gz', {
        hashes,
        yanked: 'does not "start"',
      }),
      bare('foo-1.2.tar.gz', 'https://files.old.example/packages/foo-1.2.tar.gz', {
        hashes,
        yanked: true,
        metadata: true,
      }),
    ]);
  });

  it('dumb-pypi: links upwards, with dates and other fragments', () => {
    const body = `<!doctype html><html><head><meta name="pypi:repository-version" content="1.0"><title>foo</title></head>
      <body><h1>foo</h1><p>Generated on 2024-01-01.</p><ul>
      <li><a href="../../packages/foo-1.0.zip#sha256=${SHA256}&amp;egg=foo-1.0" data-requires-python="&gt;=3">foo-1.0.zip</a> (1.0)</li>
      </ul></body></html>`;
    expect(htmlPage(body).files).toEqual([
      bare('foo-1.0.zip', 'https://pypi.old.example/packages/foo-1.0.zip', {
        hashes: { sha256: SHA256 },
        requiresPython: '>=3',
      }),
    ]);
  });

  it('pypiserver', () => {
    const body = `    <html>
        <head><title>Links for foo</title></head>
        <body>
            <h1>Links for foo</h1>
                 <a href="/packages/sub/foo-1.0.tar.gz#md5=${'0a'.repeat(16)}">foo-1.0.tar.gz</a><br>
                 <a href="/packages/foo-1.1-py2.py3-none-any.whl#md5=${'0A'.repeat(16)}">foo-1.1-py2.py3-none-any.whl</a><br>
        </body>
    </html>`;
    const hashes = { md5: '0a'.repeat(16) };
    expect(htmlPage(body).files).toEqual([
      bare('foo-1.0.tar.gz', 'https://pypi.old.example/packages/sub/foo-1.0.tar.gz', { hashes }),
      bare('foo-1.1-py2.py3-none-any.whl', 'https://pypi.old.example/packages/foo-1.1-py2.py3-none-any.whl', {
        hashes,
      }),
    ]);
  });

  it('devpi: a form, and what belongs to another index before the link', () => {
    const body = `<!DOCTYPE html><html><head><title>root/dev: links for foo</title></head><body><h1>root/dev: links for foo</h1>
      <form action="/root/dev/+simple/foo/refresh" method="post"><input name="refresh" type="submit" value="Refresh"/></form>
      root/dev <a href="../../+f/123/456789abcdef0/foo-1.0.tar.gz#sha256=${SHA256}" data-requires-python="&gt;=3.6">foo-1.0.tar.gz</a><br/>
      </body></html>`;
    const url = 'https://pypi.old.example/root/dev/+simple/foo/';
    expect(htmlPage(body, url).files).toEqual([
      bare('foo-1.0.tar.gz', 'https://pypi.old.example/root/dev/+f/123/456789abcdef0/foo-1.0.tar.gz', {
        hashes: { sha256: SHA256 },
        requiresPython: '>=3.6',
      }),
    ]);
    expect(filenamesOf(body.replace(/root\/dev <a.*<br\/>/, ''), url)).toEqual([]);
  });

  it('Artifactory: a page of its own, and its listing of a folder', () => {
    const own = `<!DOCTYPE html>
<html><head><title>Simple Index</title><meta name="api-version" value="2" /></head><body>
<a href="../../packages/packages/aa/foo-1.0.tar.gz#sha256=${SHA256}" data-requires-python="&gt;=3" rel="internal">foo-1.0.tar.gz</a><br/>
</body></html>`;
    expect(filenamesOf(own)).toEqual(['foo-1.0.tar.gz']);
    const listing = `<html><head><title>Index of pypi-local/foo</title></head><body><h1>Index of pypi-local/foo</h1>
<pre>Name   Last modified      Size</pre><hr/>
<pre><a href="../">../</a>
<a href="1.0/">1.0/</a>  01-Jan-2024 00:00  -
<a href="foo-1.0.tar.gz">foo-1.0.tar.gz</a>  01-Jan-2024 00:00  1.20 KB
</pre><hr/><address style="font-size:small;">Artifactory Online Server</address></body></html>`;
    expect(filenamesOf(listing)).toEqual(['foo-1.0.tar.gz']);
  });

  it('nginx: names that are cut', () => {
    const body = `<html>\r\n<head><title>Index of /packages/foo/</title></head>\r\n<body>
<h1>Index of /packages/foo/</h1><hr><pre><a href="../">../</a>
<a href="foo-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl">foo-1.0-cp311-cp311-manylinux_2_17_x86_64.many..&gt;</a> 01-Jan-2024 00:00    1234
<a href="foo-1.0%2Bgit.tar.gz">foo-1.0+git.tar.gz</a>         01-Jan-2024 00:00    1234
<a href="foo-1.0.tar.gz.asc">foo-1.0.tar.gz.asc</a>
<a href="foo-1.0-py3-none-any.whl.metadata">foo-1.0-py3-none-any.whl.metadata</a>
</pre><hr></body>\r\n</html>`;
    expect(filenamesOf(body)).toEqual([
      'foo-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
      'foo-1.0+git.tar.gz',
    ]);
  });

  it('Apache: links that sort', () => {
    const body = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN"><html><head><title>Index of /foo</title></head><body><h1>Index of /foo</h1>
<table><tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td><a href="/">Parent Directory</a></td></tr>
<tr><td><img src="/icons/compressed.gif" alt="[   ]"></td><td><a href="foo-1.0.tar.gz">foo-1.0.tar.gz</a></td></tr></table></body></html>`;
    expect(filenamesOf(body)).toEqual(['foo-1.0.tar.gz']);
  });

  it('python3 -m http.server', () => {
    const body = `<!DOCTYPE HTML>
<html lang="en"><head><meta charset="utf-8"><title>Directory listing for /foo/</title></head><body>
<h1>Directory listing for /foo/</h1><hr><ul>
<li><a href="foo-1%212.0-py3-none-any.whl">foo-1!2.0-py3-none-any.whl</a></li>
<li><a href="foo-1.0.tar.gz">foo-1.0.tar.gz</a></li>
<li><a href="style.css">style.css</a></li>
<li><a href="sub/">sub/</a></li>
</ul><hr></body></html>`;
    expect(filenamesOf(body)).toEqual(['foo-1!2.0-py3-none-any.whl', 'foo-1.0.tar.gz']);
  });

  it('a flat page for --find-links, of several projects and hosts', () => {
    const body = `<a href="foo-1.0.tar.gz">foo</a> <a href=//cdn.old.example/bar-2.0-py3-none-any.whl>bar</a>
      <p>See <a href="https://github.example/foo">the sources</a> and <a href="mailto:me@old.example">ask me</a>,
      <a href="git+https://github.example/foo.git#egg=foo">clone</a>.`;
    expect(htmlPage(body).files.map(({ location }) => location)).toEqual([
      'https://pypi.old.example/simple/foo/foo-1.0.tar.gz',
      'https://cdn.old.example/bar-2.0-py3-none-any.whl',
    ]);
  });
});
