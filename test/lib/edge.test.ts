import { describe, expect, it } from 'vitest';
import { pageKey, REPRESENTATIONS } from '../../core/keys.ts';
import { normalizeName } from '../../core/names.ts';
import { small } from '../cli/repositories.ts';
import { isCertificateMissing } from '../support/certificate.ts';
import type { Got } from '../support/cloudfront/viewer.ts';
import { SLOW_DOWN } from '../support/s3-server.ts';
import { ServedBuckets, type ServedBucket } from './served.ts';

const buckets = new ServedBuckets();

/** The paths that are invalidated when a project has changed. */
const PAGES_OF_FOO = REPRESENTATIONS.map((one) => `/${pageKey(normalizeName('foo'), one)}`);

const PIP = {
  accept:
    'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01',
};

interface Page {
  readonly files: readonly { readonly url: string; readonly filename: string }[];
}

/** The versions on a page of the project foo. */
function versionsOn({ status, text }: Got): string[] {
  expect(status, text).toBe(200);
  return (JSON.parse(text) as Page).files.map(({ filename }) => filename.split('-')[1] ?? '');
}

async function wheelOfFoo({ ask }: ServedBucket): Promise<string> {
  const page = JSON.parse((await ask('/simple/foo/', { headers: PIP })).text) as Page;
  return new URL(page.files[0]?.url ?? '', 'https://index.example/simple/foo/').pathname;
}

/** What the bucket was asked for a path: the status of each answer. */
function askedOf({ front }: ServedBucket, path: string): (number | undefined)[] {
  return front.log.origin.filter(({ uri }) => uri === path).map(({ status }) => status);
}

const isSkipped = isCertificateMissing();

describe.skipIf(isSkipped)(isSkipped ? 'The cache (skipped: needs openssl)' : 'The cache', () => {
  it('asks the bucket once for a file, however often and however spelt it is asked for', async () => {
    const served = await buckets.serve();
    await served.repository.add(...small('foo', '1.0+local'));
    const wheel = await wheelOfFoo(served);
    expect(wheel).toContain('%2B');
    const first = await served.ask(wheel);
    const others = [
      await served.ask(wheel),
      await served.ask(wheel.replace('%2B', '+')),
      await served.ask(`${wheel}?x=1`, { headers: { accept: 'image/png', 'accept-encoding': 'br' } }),
    ];
    expect(first.headers['x-cache']).toBe('Miss from cloudfront');
    for (const { status, headers, body } of others) {
      expect([status, headers['x-cache']]).toEqual([200, 'Hit from cloudfront']);
      expect(body.equals(first.body)).toBe(true);
    }
    served.front.clock.advance(86_400 * 364);
    expect((await served.ask(wheel)).headers['x-cache']).toBe('Hit from cloudfront');
    expect(askedOf(served, wheel)).toEqual([200]);
  });

  it('keeps every form of a page apart, by the path alone', async () => {
    const served = await buckets.serve({ settings: { pageTtlSeconds: '60' } });
    await served.repository.add(...small('foo', '1.0'));
    const types = ['text/html', 'application/vnd.pypi.simple.v1+html', 'application/vnd.pypi.simple.v1+json'];
    for (const accept of [...types, ...types]) {
      const { status, headers } = await served.ask('/simple/foo/', { headers: { accept } });
      expect([status, String(headers['content-type']).split(';')[0]]).toEqual([200, accept]);
    }
    const zipped = { headers: { ...PIP, 'accept-encoding': 'gzip' } };
    expect((await served.ask('/simple/foo/', zipped)).headers['content-encoding']).toBe('gzip');
    const { origin } = served.front.log;
    expect(origin.map(({ uri }) => uri).sort()).toEqual([...PAGES_OF_FOO].sort());
  });

  it('shows a release right after it was published', async () => {
    const served = await buckets.serve();
    await served.repository.add(...small('foo', '1.0'));
    expect(versionsOn(await served.ask('/simple/foo/', { headers: PIP }))).toEqual(['1.0']);
    await served.repository.add(...small('foo', '1.1'));
    expect(versionsOn(await served.ask('/simple/foo/', { headers: PIP }))).toEqual(['1.0', '1.1']);
  });

  it('has a page confirmed, and not sent again, where nothing was published', async () => {
    const served = await buckets.serve();
    await served.repository.add(...small('foo', '1.0'));
    const first = await served.ask('/simple/foo/', { headers: PIP });
    const second = await served.ask('/simple/foo/', { headers: PIP });
    expect(second.headers['x-cache']).toBe('RefreshHit from cloudfront');
    expect(second.text).toBe(first.text);
    expect(askedOf(served, '/simple/foo/index.json')).toEqual([200, 304]);
  });

  it('with a TTL, shows the old page until it is invalidated', async () => {
    const served = await buckets.serve({ settings: { pageTtlSeconds: '60' } });
    const { ask, front, repository } = served;
    await repository.add(...small('foo', '1.0'));
    expect(versionsOn(await ask('/simple/foo/', { headers: PIP }))).toEqual(['1.0']);
    await repository.add(...small('foo', '1.1'));
    front.clock.advance(59);
    const old = await ask('/simple/foo/', { headers: PIP });
    expect(versionsOn(old)).toEqual(['1.0']);
    expect(old.headers['x-cache']).toBe('Hit from cloudfront');
    expect(old.headers['age']).toBe('59');
    front.invalidate(PAGES_OF_FOO);
    expect(versionsOn(await ask('/simple/foo/', { headers: PIP }))).toEqual(['1.0', '1.1']);
  });

  it('with a TTL, shows the new page once that is over, invalidated or not', async () => {
    const { ask, front, repository } = await buckets.serve({ settings: { pageTtlSeconds: '60' } });
    await repository.add(...small('foo', '1.0'));
    await ask('/simple/foo/', { headers: PIP });
    await repository.add(...small('foo', '1.1'));
    front.clock.advance(60);
    expect(versionsOn(await ask('/simple/foo/', { headers: PIP }))).toEqual(['1.0', '1.1']);
  });

  it('forgets what an invalidation names, and nothing else', async () => {
    const served = await buckets.serve({ settings: { pageTtlSeconds: '60' } });
    const { ask, front, repository } = served;
    await repository.add(...small('foo', '1.0'), ...small('foo-bar', '1.0'));
    const wheel = await wheelOfFoo(served);
    const paths = ['/simple/', '/simple/foo/', '/simple/foo-bar/', wheel];
    for (const path of paths) await ask(path);
    front.invalidate(['/simple/foo/*']);
    const sources = [];
    for (const path of paths) sources.push(String((await ask(path)).headers['x-cache']).split(' ')[0]);
    expect(sources).toEqual(['Hit', 'Miss', 'Hit', 'Hit']);
  });

  it.each(['0', '60'])(
    'with a TTL of %s, lets no 404 outlive the first publication for long',
    async (ttl) => {
      const served = await buckets.serve({ settings: { pageTtlSeconds: ttl } });
      const { ask, front, repository } = served;
      expect((await ask('/simple/foo/')).status).toBe(404);
      expect((await ask('/simple/')).status).toBe(404);
      await repository.add(...small('foo', '1.0'));
      front.clock.advance(5);
      expect((await ask('/simple/foo/')).status).toBe(200);
      expect((await ask('/simple/')).text).toContain('foo');
    },
  );

  it('forgets a 404 at once where it is invalidated', async () => {
    const { ask, front, repository } = await buckets.serve({ settings: { pageTtlSeconds: '60' } });
    expect((await ask('/simple/foo/')).status).toBe(404);
    await repository.add(...small('foo', '1.0'));
    front.invalidate(PAGES_OF_FOO);
    expect((await ask('/simple/foo/')).status).toBe(200);
  });

  it('spares the bucket those who ask again for what is not there', async () => {
    const served = await buckets.serve();
    for (let i = 0; i < 3; i++) expect((await served.ask('/simple/nothing-here/')).status).toBe(404);
    expect(askedOf(served, '/simple/nothing-here/index.html')).toEqual([404]);
  });

  it('has a page for as long as a day while the bucket fails', async () => {
    const served = await buckets.serve();
    const { ask, front, repository } = served;
    await repository.add(...small('foo', '1.0'));
    await ask('/simple/foo/', { headers: PIP });
    const failing = buckets.s3.inject({ operation: 'GetObject', fault: SLOW_DOWN });
    front.clock.advance(3600);
    expect(versionsOn(await ask('/simple/foo/', { headers: PIP }))).toEqual(['1.0']);
    failing.remove();
    const silent = buckets.s3.inject({ operation: 'GetObject', fault: { kind: 'reset', when: 'before' } });
    front.clock.advance(3600);
    expect(versionsOn(await ask('/simple/foo/', { headers: PIP }))).toEqual(['1.0']);
    front.clock.advance(86_400);
    expect((await ask('/simple/foo/', { headers: PIP })).status).toBe(502);
    expect([failing.hits, silent.hits]).toEqual([1, 2]);
    silent.remove();
    front.clock.advance(5);
    expect((await ask('/simple/foo/', { headers: PIP })).status).toBe(200);
  });

  it('serves a file while the bucket fails', async () => {
    const served = await buckets.serve();
    await served.repository.add(...small('foo', '1.0'));
    const wheel = await wheelOfFoo(served);
    await served.ask(wheel);
    const failing = buckets.s3.inject({ operation: 'GetObject', fault: SLOW_DOWN });
    expect((await served.ask(wheel)).status).toBe(200);
    failing.remove();
    expect(failing.hits).toBe(0);
  });
});

describe.skipIf(isSkipped)(isSkipped ? 'An answer (skipped: needs openssl)' : 'An answer', () => {
  it('has the security headers, on pages and files alike', async () => {
    const served = await buckets.serve();
    await served.repository.add(...small('foo', '1.0'));
    for (const path of ['/simple/', '/simple/foo/', await wheelOfFoo(served), '/simple/nothing/']) {
      const { headers } = await served.ask(path);
      expect(headers, path).toMatchObject({
        'strict-transport-security': 'max-age=31536000',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'/),
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
      });
    }
  });

  it('has a type that clients read, and tells them to ask for a page again', async () => {
    const served = await buckets.serve({ settings: { pageTtlSeconds: '60' } });
    await served.repository.add(...small('foo', '1.0'));
    const page = (await served.ask('/simple/foo/', { headers: PIP })).headers;
    expect(page['content-type']).toBe('application/vnd.pypi.simple.v1+json');
    expect(page['cache-control']).toMatch(/^max-age=0, must-revalidate/);
    const file = (await served.ask(await wheelOfFoo(served))).headers;
    expect(file['cache-control']).toBe('max-age=31536000, immutable');
  });

  it('to HEAD is that to GET without its body, whoever asks first', async () => {
    const served = await buckets.serve();
    await served.repository.add(...small('foo', '1.0'));
    const wheel = await wheelOfFoo(served);
    const head = await served.ask(wheel, { method: 'HEAD' });
    const get = await served.ask(wheel);
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(get.body.length).toBeGreaterThan(0);
    for (const name of ['content-length', 'etag', 'content-type']) {
      expect(head.headers[name], name).toBe(get.headers[name]);
    }
    expect((await served.ask('/simple/nothing/', { method: 'HEAD' })).status).toBe(404);
  });

  it('is a part of a file where a part was asked for', async () => {
    const served = await buckets.serve();
    await served.repository.add(...small('foo', '1.0'));
    const wheel = await wheelOfFoo(served);
    const whole = (await served.ask(wheel)).body;
    const ranges: [string, Buffer][] = [
      ['bytes=0-9', whole.subarray(0, 10)],
      [`bytes=-22`, whole.subarray(-22)],
      ['bytes=5-', whole.subarray(5)],
    ];
    for (const [range, expected] of ranges) {
      const { status, headers, body } = await served.ask(wheel, { headers: { range } });
      expect([status, body.equals(expected)], range).toEqual([206, true]);
      expect(headers['content-range']).toMatch(new RegExp(`^bytes \\d+-\\d+/${whole.length}$`));
    }
    expect((await served.ask(wheel, { headers: { range: 'bytes=9999999-' } })).status).toBe(416);
  });

  it('is empty where the client has the page, and whole where it has an older one or another form', async () => {
    const served = await buckets.serve();
    await served.repository.add(...small('foo', '1.0'));
    const etag = String((await served.ask('/simple/foo/', { headers: PIP })).headers['etag']);
    const again = { headers: { ...PIP, 'if-none-match': etag } };
    const same = await served.ask('/simple/foo/', again);
    expect([same.status, same.body.length]).toEqual([304, 0]);
    expect((await served.ask('/simple/foo/', { headers: { 'if-none-match': etag } })).status).toBe(200);
    await served.repository.yank('foo', '1.0', 'broken');
    expect((await served.ask('/simple/foo/', again)).status).toBe(200);
  });
});
