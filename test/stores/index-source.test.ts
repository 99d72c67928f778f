import type { RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { normalizeName } from '../../core/names.ts';
import { openIndexSource, type IndexSourceOptions } from '../../stores/index-source.ts';
import { isCertificateMissing, makeCertificate } from '../support/certificate.ts';
import { lyingServer, lyingTlsServer, redirect, status } from '../support/lying-server.ts';
import { temporaryFolder } from '../support/temporary.ts';

const FOO = normalizeName('foo');
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const NOBODY = { variables: {}, home: '/nowhere', platform: 'linux' } as const;

async function open(address: string, more: Partial<IndexSourceOptions> = {}) {
  const source = await openIndexSource(address, {
    userAgent: 'wheelstore/test',
    pacing: { wait: () => Promise.resolve(), random: () => 0 },
    person: NOBODY,
    ...more,
  });
  onTestFinished(() => source.close());
  return source;
}

/** A server that answers these paths, each with a type and a body, and 404 to all others. */
function serving(paths: Record<string, readonly [type: string, body: string] | RequestListener>) {
  return lyingServer((request, response) => {
    const found = paths[request.url ?? ''];
    if (found === undefined) return status(404)(request, response);
    if (typeof found === 'function') return found(request, response);
    return response.writeHead(200, { 'content-type': found[0] }).end(found[1]);
  });
}

function jsonPage(name: string, ...files: readonly unknown[]): readonly [string, string] {
  return [JSON_TYPE, JSON.stringify({ meta: { 'api-version': '1.1' }, name, files })];
}

const HTML = [
  'text/html',
  '<title>Links for foo</title><a href="../../files/foo-1.0.tar.gz">foo</a>',
] as const;
const LIST = [
  'text/html',
  '<title>Simple index</title><a href="foo/">foo</a><a href="b%20r/">b r</a>',
] as const;

describe('an index', () => {
  it('has projects and their files, in HTML', async () => {
    const { url, requests } = await serving({
      '/simple/': LIST,
      '/simple/foo/': HTML,
      '/files/foo-1.0.tar.gz': ['application/octet-stream', 'bytes'],
    });
    // Without a slash at the end.
    const source = await open(`${url}/simple`);
    expect(source.description).toBe(`index ${url}/simple/`);
    const { projects, problems } = await source.projects();
    expect([projects, problems.map(({ code }) => code)]).toEqual([['foo'], ['invalid-name']]);
    const project = await source.project(FOO);
    const location = `${url}/files/foo-1.0.tar.gz`;
    expect(project).toEqual({
      project: 'foo',
      files: [{ filename: 'foo-1.0.tar.gz', location, hashes: {}, yanked: false }],
      problems: [],
    });
    const pieces: Uint8Array[] = [];
    for await (const piece of source.read(location, 5)) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe('bytes');
    expect(requests[0]?.headers.accept).toMatch(/^application\/vnd\.pypi\.simple\.v1\+json, .*text\/html/);
    expect([source.requests, source.bytesReceived]).toEqual([3, LIST[1].length + HTML[1].length + 5]);
  });

  it('has a status, in JSON', async () => {
    const page = {
      meta: { 'api-version': '1.4' },
      name: 'Foo',
      'project-status': { status: 'archived' },
      files: [],
    };
    const { url } = await serving({ '/simple/foo/': [JSON_TYPE, JSON.stringify(page)] });
    const source = await open(`${url}/simple/`);
    expect(await source.project(FOO)).toEqual({
      project: 'foo',
      status: { status: 'archived' },
      files: [],
      problems: [],
    });
  });

  it.each([404, 410])('has no such project, where it says so: %i', async (code) => {
    const { url } = await lyingServer(status(code));
    const source = await open(`${url}/simple/`);
    expect(await source.project(FOO)).toBeUndefined();
    await expect(source.projects()).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    [401, 'no-credentials'],
    [403, 'access-denied'],
    [500, 'source-failed'],
    [503, 'source-failed'],
  ])('does not say so with %i', async (code, error) => {
    const { url } = await lyingServer(status(code));
    await expect((await open(`${url}/simple/`)).project(FOO)).rejects.toMatchObject({ code: error });
  });

  it.each([
    [
      'is of another project',
      jsonPage('bar', { filename: 'bar-1.0.tar.gz', url: 'bar-1.0.tar.gz', hashes: {} }),
    ],
    ['is a login', ['text/html', '<html><form><input type=password></form></html>'] as const],
    ['is of another version', [JSON_TYPE, '{"meta": {"api-version": "2.0"}, "files": []}'] as const],
    ['is a picture', ['image/png', '...'] as const],
    ['is empty', ['text/html', ''] as const],
    ['is too large', ['text/html', 'x'.repeat(2000)] as const],
  ])('has a page that %s: a problem of this project alone', async (_, page) => {
    const { url } = await serving({ '/simple/foo/': page, '/simple/bar/': jsonPage('bar') });
    const source = await open(`${url}/simple/`, { limits: { maxBytes: 1000 } });
    const { files, problems } = (await source.project(FOO)) ?? {};
    expect([files, problems?.map(({ code }) => code)]).toEqual([[], ['invalid-page']]);
    expect((await source.project(normalizeName('bar')))?.problems).toEqual([]);
  });

  it('sends to another one for what it does not have, whose projects are not its own', async () => {
    const other = await serving({ '/simple/foo/': HTML });
    const elsewhere = `http://localhost:${other.port}/simple/foo/`;
    const { url } = await serving({ '/simple/foo/': redirect(elsewhere) });
    const { files, problems } = (await (await open(`${url}/simple/`)).project(FOO)) ?? {};
    expect(files).toEqual([]);
    expect(problems?.[0]).toMatchObject({
      code: 'invalid-page',
      message: expect.stringContaining(elsewhere) as string,
    });
  });

  it('may send from one address of its own to another', async () => {
    const { url } = await serving({ '/simple/foo': HTML, '/simple/foo/': redirect('/simple/foo') });
    const source = await open(`${url}/simple/`);
    expect((await source.project(FOO))?.files[0]?.location).toBe(`${url}/files/foo-1.0.tar.gz`);
  });

  it('leads into a private network: a problem of this project alone', async () => {
    const { url } = await serving({
      '/simple/foo/': redirect('http://169.254.169.254/latest/'),
      '/simple/bar/': jsonPage('bar', {
        filename: 'bar-1.0.tar.gz',
        url: 'http://[::ffff:10.0.0.1]/bar-1.0.tar.gz',
        hashes: {},
      }),
    });
    const source = await open(`${url}/simple/`);
    expect((await source.project(FOO))?.problems.map(({ code }) => code)).toEqual(['unsafe-address']);
    const location = (await source.project(normalizeName('bar')))?.files[0]?.location ?? '';
    const read = async () => {
      for await (const _ of source.read(location, 10));
    };
    await expect(read()).rejects.toMatchObject({ code: 'unsafe-address' });
  });
});

describe('the URL of an index', () => {
  it.each([
    ['no URL', 'pypi.old.example/simple/'],
    ['no http', 'ftp://pypi.old.example/simple/'],
    ['a file', 'file:///simple/'],
    ['one with a query', 'https://pypi.old.example/simple/?token=hunter2'],
    ['one with a port that is none', 'https://me:hunter2@pypi.old.example:x/'],
  ])('that is %s is refused, without being shown', async (_, address) => {
    const error = await open(address).catch((failure: unknown) => failure as Error);
    expect(error).toMatchObject({ code: 'usage' });
    expect((error as Error).message).not.toContain('hunter2');
  });

  it('may hold credentials, which are sent and not shown', async () => {
    const { url, port, requests } = await serving({ '/simple/foo/': HTML });
    const source = await open(`http://me:hunter2@127.0.0.1:${port}/simple/index.html#top`);
    expect(source.description).toBe(`index ${url}/simple/`);
    await source.project(FOO);
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:hunter2').toString('base64')}`);
  });

  it('is that of a page of a project', async () => {
    const { url } = await serving({ '/simple/foo/': HTML });
    const source = await open(`${url}/simple/foo/`);
    await expect(source.projects()).rejects.toMatchObject({
      code: 'invalid-page',
      fix: expect.stringContaining('whole index') as string,
    });
    await expect(source.project(FOO)).rejects.toMatchObject({
      code: 'invalid-page',
      fix: expect.stringContaining(`${url}/simple/,`) as string,
    });
  });

  it('is that of the site with the index', async () => {
    const { url } = await serving({
      '/': ['text/html', '<title>My packages</title><p>Welcome</p><a href="/simple/">Index</a>'],
      '/simple/foo/': HTML,
    });
    const source = await open(url);
    await expect(source.projects()).rejects.toMatchObject({ code: 'invalid-page' });
    await expect(source.project(FOO)).rejects.toMatchObject({
      code: 'invalid-page',
      fix: `Give the URL ${url}/simple/.`,
    });
    // The others are then what they are.
    expect(await source.project(normalizeName('bar'))).toBeUndefined();
    expect(source.requests).toBe(4);
  });

  it('is asked about nothing else where it is right', async () => {
    const { url, requests } = await serving({ '/pypi/foo/': HTML });
    const source = await open(`${url}/pypi/`);
    await source.project(FOO);
    expect(await source.project(normalizeName('bar'))).toBeUndefined();
    expect(requests).toHaveLength(2);
  });

  it('may be wrong in a way that nobody can tell', async () => {
    const { url, requests } = await serving({ '/x/simple/foo/': status(500) });
    expect(await (await open(`${url}/x/`)).project(FOO)).toBeUndefined();
    expect(requests.map((request) => request.url)).toContain('/x/simple/foo/');
  });
});

describe('a page by https', () => {
  it.skipIf(isCertificateMissing())(
    'has no files by http, unless it says their hash (needs openssl)',
    async () => {
      const certificate = makeCertificate(temporaryFolder(), 'IP:127.0.0.1');
      const anchors = [
        '<a href="http://127.0.0.1/foo-1.0.tar.gz">x</a>',
        `<a href="http://127.0.0.1/foo-1.1.tar.gz#md5=${'ab'.repeat(16)}">x</a>`,
        `<a href="http://127.0.0.1/foo-1.2.tar.gz#sha256=${'ab'.repeat(32)}">x</a>`,
        '<a href="foo-1.3.tar.gz">x</a>',
      ];
      const { url } = await lyingTlsServer(certificate, (_, response) => {
        response.setHeader('content-type', 'text/html');
        response.end(anchors.join('\n'));
      });
      const { files, problems } =
        (await (await open(`${url}/simple/`, { ca: certificate.cert })).project(FOO)) ?? {};
      expect(files?.map(({ filename }) => filename)).toEqual(['foo-1.2.tar.gz', 'foo-1.3.tar.gz']);
      expect(problems?.map(({ code }) => code)).toEqual(['unsafe-address', 'unsafe-address']);
    },
  );
});

describe('a location', () => {
  it.each(['s3://bucket/foo', 'file:///etc/passwd'])('of another scheme is refused: %s', async (location) => {
    const source = await open('http://127.0.0.1:1/simple/');
    const read = async () => {
      for await (const _ of source.read(location, 1));
    };
    await expect(read()).rejects.toMatchObject({ code: 'unsafe-address' });
  });

  it('that is no URL is refused', async () => {
    const source = await open('http://127.0.0.1:1/simple/');
    const read = async () => {
      for await (const _ of source.read('../x', 1));
    };
    await expect(read()).rejects.toMatchObject({ code: 'invalid-page' });
  });
});
