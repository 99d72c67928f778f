import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateToken } from '../../core/access/token.ts';
import { small } from '../cli/repositories.ts';
import { KeyValueStoreContents } from '../support/aws/key-value-store-contents.ts';
import { isCertificateMissing } from '../support/certificate.ts';
import type { Asked, Got } from '../support/cloudfront/viewer.ts';
import { basic, giveToken, revokeToken } from '../support/readers.ts';
import { badCredentials, goodCredentials, type Sent, type Tokens } from './credentials.ts';
import { ServedBuckets, type ServedBucket } from './served.ts';

const V1_JSON = 'application/vnd.pypi.simple.v1+json';

/** What is seen of a route without a token: a redirect, nothing at all, or that the method is not taken. */
type Seen = 'redirect' | 'nothing' | 'refusal';

/** `WHEEL` stands for the path of the wheel of foo. */
type Row = readonly [target: string, seen: Seen, asked?: Asked];

const ROWS: readonly Row[] = [
  ['/', 'redirect'],
  ['/simple', 'redirect'],
  ['/simple/foo', 'redirect'],
  ['/simple/nothing', 'redirect'],
  ['/simple/Foo', 'redirect'],
  ['/simple/Foo_Bar/', 'redirect'],
  ['/simple/Foo_Bar/index.html', 'redirect'],
  ['/foo', 'redirect'],
  ['/foo/', 'redirect'],
  ['/nothing/', 'redirect'],
  ['/foo/?x=1', 'redirect'],
  ['/foo/', 'redirect', { method: 'HEAD' }],
  ['/simple/', 'nothing'],
  ['/simple/?format=application/vnd.pypi.simple.v1%2Bjson', 'nothing'],
  ['/simple/', 'nothing', { headers: { accept: V1_JSON } }],
  ['/simple/index.html', 'nothing'],
  ['/simple/index.json.gz', 'nothing'],
  ['/simple/foo/', 'nothing'],
  ['/simple/foo/', 'nothing', { method: 'HEAD' }],
  ['/simple/foo/', 'nothing', { headers: { accept: V1_JSON } }],
  ['/simple/foo/', 'nothing', { headers: { accept: V1_JSON, 'accept-encoding': 'gzip' } }],
  ['/simple/foo/', 'nothing', { headers: { accept: 'application/vnd.pypi.simple.v1+html' } }],
  ['/simple/foo/', 'nothing', { headers: { accept: 'image/png' } }],
  ['/simple/foo/', 'nothing', { headers: { 'if-none-match': '*' } }],
  ['/simple/foo/', 'nothing', { headers: { 'if-match': '"other"' } }],
  ['/simple/foo/', 'nothing', { headers: { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' } }],
  ['/simple/foo/', 'nothing', { headers: { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' } }],
  ['/simple/foo/index.html', 'nothing'],
  ['/simple/foo/index.v1.html', 'nothing'],
  ['/simple/foo/index.json', 'nothing'],
  ['/simple/foo-bar/', 'nothing'],
  ['/simple/nothing/', 'nothing'],
  ['/simple/foo/other.html', 'nothing'],
  ['WHEEL', 'nothing'],
  ['WHEEL', 'nothing', { method: 'HEAD' }],
  ['WHEEL', 'nothing', { headers: { range: 'bytes=0-9' } }],
  ['WHEEL', 'nothing', { headers: { range: 'bytes=9999999-' } }],
  ['WHEEL', 'nothing', { headers: { 'if-none-match': '*' } }],
  ['WHEEL?x=1', 'nothing'],
  ['WHEEL.metadata', 'nothing'],
  ['/files/foo/0123456789abcdef/foo-9.0.tar.gz', 'nothing'],
  ['/files/', 'nothing'],
  ['/records/default/foo.json', 'nothing'],
  ['/records/', 'nothing'],
  ['/repository.json', 'nothing'],
  ['/tokens.json', 'nothing'],
  ['/.wheelstore/versions/x', 'nothing'],
  ['/robots.txt', 'nothing'],
  ['/simple/..', 'nothing'],
  ['/simple/%', 'nothing'],
  ['/simple/%2e%2e/tokens.json', 'nothing'],
  ['/simple/../tokens.json', 'nothing'],
  ['/simple//foo/', 'nothing'],
  ['//simple/foo/', 'nothing'],
  ['/simple/foo%00/', 'nothing'],
  ['/simple/foo%2findex.html', 'nothing'],
  ['/simple/foo\\index.html', 'nothing'],
  ['/simple/foo/', 'refusal', { method: 'POST' }],
  ['/simple/foo/', 'refusal', { method: 'PUT' }],
  ['/tokens.json', 'refusal', { method: 'DELETE' }],
  ['/simple/foo/', 'refusal', { method: 'OPTIONS' }],
];

const ROUTES = ROWS.map(([target, seen, asked = {}]) => {
  const { method = 'GET', headers = {} } = asked;
  const lines = Object.entries(headers).map(([name, value]) => `, ${name}: ${String(value)}`);
  return { what: `${method} ${target}${lines.join('')}`, target, seen, asked };
});

const STATUS: Readonly<Record<Seen, number>> = { redirect: 301, nothing: 401, refusal: 403 };

/** Everything of an answer but the time at which it was given. */
function bytesOf({ status, headers: { date: _date, ...headers }, body }: Got): object {
  return { status, headers, body: body.toString('latin1') };
}

/** What of an answer is not about how CloudFront came by it, and not about the one request to S3. */
function contentOf(got: Got): object {
  const { date: _date, age: _age, 'x-cache': _source, ...headers } = got.headers;
  const body = got.body.toString('latin1').replace(/<RequestId>\w+</, '<RequestId><');
  return { status: got.status, headers, body };
}

const isSkipped = isCertificateMissing();
const ending = isSkipped ? ' (skipped: needs openssl)' : '';

describe.skipIf(isSkipped)(`A private index${ending}`, () => {
  const buckets = new ServedBuckets();
  const contents = new KeyValueStoreContents();
  let served: ServedBucket;
  let open: Pick<ServedBucket, 'front' | 'ask'>;
  let tokens: Tokens;
  let wheel: string;
  let otherWheel: string;

  const wheelOf = async (project: string): Promise<string> => {
    const { text } = await open.ask(`/simple/${project}/`, { headers: { accept: V1_JSON } });
    const { files } = JSON.parse(text) as { files: { url: string }[] };
    return new URL(files[0]?.url ?? '', `https://index.example/simple/${project}/`).pathname;
  };

  beforeAll(async () => {
    served = await buckets.serveUntil({ settings: { access: 'private' }, tokens: contents });
    open = await buckets.alsoInFrontOf(served, { settings: { access: 'public' } });
    await served.repository.add(
      ...small('foo', '1.0'),
      ...small('foo-bar', '1.0'),
      ...small('acme-core', '2.0'),
    );
    await served.repository.run('status', 'foo-bar', 'archived');
    for (const key of ['tokens.json', 'robots.txt', '.wheelstore/versions/x'])
      await served.put(key, 'secret');
    tokens = {
      right: giveToken(contents),
      unknown: generateToken(),
      expired: giveToken(contents, { expires: '2020-01-01T00:00:00Z' }),
      revoked: giveToken(contents),
    };
    revokeToken(contents, tokens.revoked);
    [wheel, otherWheel] = [await wheelOf('foo'), await wheelOf('acme-core')];
  });

  afterAll(async () => {
    await served.front.close();
    await open.front.close();
  });

  const ask = (target: string, sent: Sent, { method = 'GET', headers = {} }: Asked = {}): Promise<Got> =>
    served.ask(target.replace('WHEEL', wheel), {
      method,
      headers: { ...headers, ...(sent === undefined ? {} : { authorization: sent }) },
    });

  it.each(ROUTES)(
    'says of $what to bad credentials what it says to none: $seen',
    async ({ target, seen, asked }) => {
      const anonymous = bytesOf(await ask(target, undefined, asked));
      expect(anonymous).toMatchObject({ status: target === '/' ? 302 : STATUS[seen] });
      const before = served.front.log.origin.length;
      for (const [name, sent] of badCredentials(tokens)) {
        expect(bytesOf(await ask(target, sent, asked)), name).toEqual(anonymous);
      }
      // Nobody who is not let in makes it ask the bucket.
      expect(served.front.log.origin).toHaveLength(before);
    },
  );

  it('says one and the same of all that it does not redirect: to log in', async () => {
    const answers = [];
    for (const { target, seen, asked } of ROUTES) {
      if (seen === 'nothing' && asked.method !== 'HEAD')
        answers.push(bytesOf(await ask(target, undefined, asked)));
    }
    expect(answers.length).toBeGreaterThan(30);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({
      headers: { 'www-authenticate': expect.stringMatching(/^Basic realm="/), 'cache-control': 'no-store' },
      body: 'This index is private: send a password. Where it is a token, any user name will do.\n',
    });
    expect(bytesOf(await ask('/simple/foo/', undefined, { method: 'HEAD' }))).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringMatching(/^Basic realm="/) },
      body: '',
    });
  });

  it.each(ROUTES)(
    'gives whoever has a token what a public index gives everyone: $what',
    async ({ target, asked }) => {
      const everyone = contentOf(await open.ask(target.replace('WHEEL', wheel), asked));
      for (const [name, sent] of goodCredentials(tokens)) {
        expect(contentOf(await ask(target, sent, asked)), name).toEqual(everyone);
      }
    },
  );

  it('has something behind its routes: answers of all kinds', async () => {
    const statuses = new Set<number>();
    for (const { target, asked } of ROUTES)
      statuses.add((await ask(target, basic(tokens.right), asked)).status);
    expect([...statuses].sort()).toEqual([200, 206, 301, 302, 304, 403, 404, 406, 416]);
  });

  it('shows no secret to anybody', async () => {
    for (const { target, asked } of ROUTES) {
      for (const sent of [undefined, basic(tokens.right)]) {
        const { text, headers } = await ask(target, sent, asked);
        expect(text, target).not.toMatch(/secret|"serial"/);
        expect(JSON.stringify(headers), target).not.toMatch(/wst_|authorization/i);
      }
    }
  });

  describe('with a token for some projects', () => {
    let limited: string;

    beforeAll(() => {
      limited = giveToken(contents, { projects: ['acme-*', 'new'] });
    });

    const asLimited = (target: string, asked?: Asked): Promise<Got> => ask(target, basic(limited), asked);

    it('gives their pages and files as to everyone', async () => {
      const targets = [
        '/simple/acme-core/',
        '/simple/acme-core/index.json',
        otherWheel,
        `${otherWheel}.metadata`,
      ];
      for (const target of [...targets, '/simple/acme-none/', '/simple/new/', '/simple/Acme_Core/']) {
        expect(contentOf(await asLimited(target)), target).toEqual(contentOf(await open.ask(target)));
      }
      const range = { headers: { range: 'bytes=0-9' } };
      expect((await asLimited(otherWheel, range)).status).toBe(206);
    });

    it('says of another project the same, byte for byte, whether there is one or not', async () => {
      const pairs = [
        ['/simple/foo/', '/simple/nothing/'],
        ['/simple/foo-bar/index.json', '/simple/nothing/index.json'],
        ['WHEEL', '/files/nothing/0123456789abcdef/nothing-1.0.tar.gz'],
        ['WHEEL.metadata', '/files/foo/0123456789abcdef/foo-9.0-py3-none-any.whl.metadata'],
      ] as const;
      const ways: Asked[] = [
        {},
        { method: 'HEAD' },
        { headers: { accept: V1_JSON, 'if-none-match': '*' } },
        { headers: { range: 'bytes=0-9' } },
        { headers: { accept: 'image/png' } },
      ];
      const before = served.front.log.origin.length;
      for (const [there, missing] of pairs) {
        for (const asked of ways) {
          const answer = bytesOf(await asLimited(there, asked));
          expect(answer, there).toMatchObject({ status: expect.toBeOneOf([404, 406]) as number });
          expect(answer, there).toEqual(bytesOf(await asLimited(missing, asked)));
        }
      }
      expect(served.front.log.origin).toHaveLength(before);
    });

    it('gives no list of all projects, in no form, and says how to go on', async () => {
      for (const target of [
        '/simple/',
        '/simple/index.html',
        '/simple/index.json',
        '/simple/index.json.gz',
      ]) {
        const { status, text, headers } = await asLimited(target);
        expect([status, headers['cache-control']], target).toEqual([403, 'no-store']);
        expect(text).toBe('This token is for some projects only: ask for /simple/NAME/.\n');
      }
    });

    it('says of all else what it says to every token', async () => {
      for (const target of ['/tokens.json', '/records/default/foo.json', '/simple/%', '/simple/foo', '/']) {
        expect(bytesOf(await asLimited(target)), target).toEqual(
          bytesOf(await ask(target, basic(tokens.right))),
        );
      }
    });
  });
});
