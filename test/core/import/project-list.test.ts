import { describe, expect, it } from 'vitest';
import { thrownBy } from '../thrown.ts';
import { htmlList, jsonList, jsonPage, linksFor, LIST_URL } from './pages.ts';

const meta = { 'api-version': '1.0' };

describe('a project list in JSON', () => {
  it('names each project once', () => {
    const { projects, problems } = jsonList({
      meta,
      projects: [{ name: 'Foo.Bar', '_last-serial': 1 }, { name: 'foo_bar' }, { name: 'baz' }],
    });
    expect([projects, problems]).toEqual([['foo-bar', 'baz'], []]);
  });

  it('has problems, which hide no others', () => {
    const { projects, problems } = jsonList({
      meta,
      projects: [{ name: '../x' }, {}, null, 'foo', { name: 'baz' }],
    });
    expect(projects).toEqual(['baz']);
    expect(problems.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'invalid-name'));
  });

  it('is not the page of a project, nor the other way round', () => {
    expect(thrownBy(() => jsonList({ meta, name: 'foo', files: [] })).fix).toContain('whole index');
    expect(thrownBy(() => jsonPage({ meta, projects: [] })).code).toBe('invalid-page');
  });
});

describe('a project list in HTML', () => {
  const names = (body: string, url?: string) => {
    const { projects, problems } = htmlList(body, url);
    expect(problems).toEqual([]);
    return projects;
  };

  it.each([
    ['PyPI', '<title>Simple index</title><a href="/simple/foo/">Foo</a>\n<a href="/simple/bar/">bar</a>'],
    ['s3pypi', '<title>Package Index</title><a href="foo/">foo</a><br><a href="bar/">bar</a>'],
    [
      'dumb-pypi',
      '<title>Simple index</title><p>Generated on x.</p><ul><li><a href="foo/">foo</a><li><a href="bar/">bar</a></ul>',
    ],
    [
      'devpi',
      '<title>root/dev: simple list (including inherited indices)</title>root/dev: <a href="foo/">foo</a> <a href="bar/">bar</a>',
    ],
    [
      'files',
      '<title>Simple Index</title><a href="foo/index.html">foo</a><a href="./bar/index.html">bar</a>',
    ],
    [
      'without slashes',
      '<title>Links for Team</title><a href="https://pypi.old.example/simple/foo">foo</a><a href="bar">bar</a>',
    ],
    [
      'in another tree',
      '<title>Simple Index</title><a href="/1234/simple/foo/">foo</a><a href="https://cdn.old.example/x/simple/bar">bar</a>',
    ],
    ['nothing but projects', '<html><body><a href="foo/">foo</a><a href="bar/">bar</a></body></html>'],
    [
      'http.server',
      '<title>Directory listing for /simple/</title><h1>Directory listing for /simple/</h1><hr><ul><li><a href="foo/">foo/</a></li><li><a href="bar/">bar/</a></li><li><a href="README.md">README.md</a></li></ul>',
    ],
    [
      'nginx',
      '<title>Index of /simple/</title><pre><a href="../">../</a> <a href="?C=M">x</a><a href="foo/">foo/</a> 01-Jan <a href="bar/">bar/</a><a href="robots">robots</a></pre>',
    ],
  ])('of %s', (_, body) => {
    expect(names(body)).toEqual(['foo', 'bar']);
  });

  it('may be empty', () => {
    expect(
      names('<!DOCTYPE html><html><head><title>Simple index</title></head><body></body></html>'),
    ).toEqual([]);
  });

  it('passes over what is no project', () => {
    const body =
      '<title>Simple index</title><a href="/">Home</a><a href="/login">login</a><a href="style.css">style</a><a href="foo/bar/">bar</a><a href="https://other.example/foo">x</a><a href="foo/">foo</a>';
    expect(names(body)).toEqual(['foo']);
  });

  it('has names that make no sense', () => {
    const { projects, problems } = htmlList(
      '<title>Index of /</title><a href=".git/">.git/</a><a href="a%2fb/">x</a><a href="javascript:x()">x</a><a href="foo/">foo/</a>',
    );
    expect(projects).toEqual(['foo']);
    expect(problems.map(({ code }) => code)).toEqual(['invalid-name', 'invalid-name', 'unsafe-address']);
  });

  it('is not the page of a project, or a flat list of files', () => {
    const page = linksFor('<a href="foo-1.0.tar.gz">foo-1.0.tar.gz</a>');
    const error = thrownBy(() => htmlList(page, `${LIST_URL}foo/`));
    expect([error.code, error.value]).toEqual(['invalid-page', `${LIST_URL}foo/`]);
    expect(error.fix).toContain('whole index');
  });

  it('says what it passes over beside projects', () => {
    const { projects, problems } = htmlList(
      '<title>Index of /</title><a href="foo/">foo/</a><a href="bar-1.0.zip">x</a>',
    );
    expect([projects, problems.length]).toEqual([['foo'], 1]);
  });
});
