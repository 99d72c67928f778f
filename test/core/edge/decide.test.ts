import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type EdgeRequest } from '../../../core/edge/decide.ts';
import { keyOf } from '../../../core/edge/key.ts';
import { responseTo } from '../../../core/edge/response.ts';
import { headersOf, REPRESENTATIONS } from '../../../core/keys.ts';
import { isValidName, normalizeName } from '../../../core/names.ts';
import { ROUTES } from './routing-table.ts';

const PLAIN = { method: 'GET', query: '', accept: undefined, acceptEncoding: undefined };

/** Paths that come close to what is routed, and some that do not. */
const paths = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary' }).map((text) => `/${text}`),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'simple',
          'files',
          'records',
          'Foo_Bar',
          'foo',
          '..',
          '%2e%2e',
          '',
          '%2F',
          '%0d%0a',
          '\\',
          'evil.com',
          '0123456789abcdef',
          '0123456789abcdef-2',
          'foo-1.0+x.whl',
          'index.json',
        ),
        fc.string(),
        fc.webSegment(),
        fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/),
      ),
      { maxLength: 5 },
    )
    .map((segments) => `/${segments.join('/')}`),
);

const headers = fc.option(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('*/*', 'text/html', ';q=', '0.5', ',', ';', 'gzip', '"', '='))
      .map((a) => a.join('')),
  ),
  { nil: undefined },
);

const requests: fc.Arbitrary<EdgeRequest> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', ''),
  path: paths,
  query: fc.string({ unit: 'binary' }),
  accept: headers,
  acceptEncoding: headers,
});

describe('The edge', () => {
  it.each(ROUTES)('$does', ({ request, decision }) => {
    expect(decide(request)).toEqual(decision);
  });

  it('has no line twice in its table', () => {
    const names = ROUTES.map(({ does }) => does);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(['redirect', 'rewrite', 'answer']).toContain(decide(request).kind);
      }),
      { numRuns: 2000 },
    );
  });

  it('redirects only once, and only to a path of this site', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const decision = decide(request);
        if (decision.kind !== 'redirect') return;
        expect(decision.location).toMatch(
          /^\/simple\/([a-z0-9]+(-[a-z0-9]+)*\/)?(index[a-z0-9.]*)?(\?[!"$-~]*)?$/,
        );
        const target = new URL(decision.location, 'https://index.example');
        expect(target.origin).toBe('https://index.example');
        const next = decide({ ...request, path: target.pathname, query: target.search.slice(1) });
        expect(next.kind).not.toBe('redirect');
      }),
      { numRuns: 2000 },
    );
  });

  it('rewrites a path that it made to that very path', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const decision = decide(request);
        if (decision.kind !== 'rewrite') return;
        expect(decide({ ...PLAIN, path: decision.path })).toEqual({ ...decision, negotiated: false });
      }),
      { numRuns: 2000 },
    );
  });

  it('rewrites every spelling of a filename to one path, whose key is the filename', () => {
    const filenames = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((name) => !/^\.|[/\\]|\p{Cc}|\p{Cs}/u.test(name));
    fc.assert(
      fc.property(filenames, (filename) => {
        const spellings = [
          encodeURIComponent(filename),
          [...Buffer.from(filename)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
        ];
        for (const spelling of spellings) {
          const decision = decide({ ...PLAIN, path: `/files/foo/0123456789abcdef/${spelling}` });
          if (decision.kind !== 'rewrite') throw new Error(`${spelling} is not found`);
          expect(decision.path).toMatch(/^[A-Za-z0-9/._~%-]+$/);
          expect(keyOf(decision)).toBe(`files/foo/0123456789abcdef/${filename}`);
        }
      }),
    );
  });

  it('leads to nothing but keys of pages and files', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const decision = decide(request);
        if (decision.kind !== 'rewrite') return;
        const key = keyOf(decision);
        expect(key).toMatch(/^(simple|files)\//);
        expect(key.split('/').filter((segment) => segment === '' || segment.startsWith('.'))).toEqual([]);
        expect(() => headersOf(key)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  it('normalizes names as everything else does', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9._-]{1,30}$/), (name) => {
        fc.pre(isValidName(name));
        expect(decide({ ...PLAIN, path: `/simple/${name}` })).toEqual({
          kind: 'redirect',
          status: 301,
          location: `/simple/${normalizeName(name)}/`,
        });
      }),
    );
  });

  it('knows every representation of a page by its own name', () => {
    for (const representation of REPRESENTATIONS) {
      const path = `/simple/foo/${representation}`;
      expect(decide({ ...PLAIN, path })).toEqual({ kind: 'rewrite', path, negotiated: false });
    }
  });
});

describe('The response of the edge', () => {
  it('names the methods that are allowed', () => {
    expect(responseTo({ kind: 'answer', status: 405 }).headers['allow']).toBe('GET, HEAD');
  });

  it('says that a refusal was negotiated', () => {
    expect(responseTo({ kind: 'answer', status: 406 }).headers['vary']).toBe('Accept, Accept-Encoding');
  });

  it('is kept by no cache where something may be published later', () => {
    expect(responseTo({ kind: 'answer', status: 404 }).headers['cache-control']).toBe('no-store');
  });

  it('lets a permanent redirect be kept for a while, and the one from the root not at all', () => {
    const permanent = responseTo({ kind: 'redirect', status: 301, location: '/simple/foo/' });
    const root = responseTo({ kind: 'redirect', status: 302, location: '/simple/' });
    expect(permanent.headers).toEqual({ 'cache-control': 'public, max-age=3600', location: '/simple/foo/' });
    expect(root.headers).toEqual({ 'cache-control': 'no-store', location: '/simple/' });
  });
});
