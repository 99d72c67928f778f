import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { headersOf, recordKey } from '../../core/keys.ts';
import { normalizeName } from '../../core/names.ts';
import type { S3Store } from '../../stores/s3.ts';
import { serveBuckets } from '../stores/s3-served.ts';
import { encode } from '../support/bytes.ts';
import { losing, publishing, settingStatus, wheel } from '../support/commands.ts';
import { testEnvironment } from '../support/environment.ts';
import { InterceptedStore, Killed, killAt } from '../support/intercepted-store.ts';
import { LambdaRuntime, type Instance } from '../support/lambda.ts';
import { notification, queueEvent, testNotification } from '../support/notifications.ts';
import { inconsistencies } from '../support/repository-check.ts';
import { SCENARIOS, type Scenario } from '../support/scenarios.ts';

const DONE = { batchItemFailures: [] };

const { server, newBucket, connect } = serveBuckets();
const [foo1, foo2, bar1] = await Promise.all([wheel('foo', '1.0'), wheel('foo', '2.0'), wheel('bar', '1.0')]);
const RECORD = { foo: recordKey(normalizeName('foo')), bar: recordKey(normalizeName('bar')) };

let runtime: LambdaRuntime;

beforeAll(() => {
  runtime = new LambdaRuntime();
});

afterAll(() => runtime.close());

beforeEach(() => {
  server().log.clear();
});

/** The function, for a bucket of the server. */
function repairOf(bucket: string, more: Readonly<Record<string, string>> = {}): Instance {
  const { accessKeyId, secretAccessKey } = server().credentials;
  return runtime.instance({
    BUCKET: bucket,
    PREFIX: '',
    ENDPOINT: server().endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: '/does/not/exist',
    AWS_SHARED_CREDENTIALS_FILE: '/does/not/exist',
    AWS_MAX_ATTEMPTS: '2',
    ...more,
  });
}

/** The keys that were written in a bucket, in their order. */
function written(bucket: string): string[] {
  return server()
    .log.entries.filter(
      (entry) => entry.bucket === bucket && entry.operation === 'PutObject' && entry.status === 200,
    )
    .map(({ key = '' }) => key);
}

/** What S3 would tell of all that was written: of records, as its filter says. */
function toldOf(bucket: string): object[] {
  return written(bucket)
    .filter((key) => key.startsWith('records/default/') && key.endsWith('.json'))
    .map((key) => notification(bucket, key));
}

/** What clients see that is not as the records have it. Bytes that nobody knows of are in nobody's way. */
async function visibleFaults(store: S3Store): Promise<string[]> {
  return (await inconsistencies(store)).filter((line) => !line.endsWith('in no record')).sort();
}

async function prepare({ before }: Scenario): Promise<string> {
  const bucket = newBucket();
  const store = await connect({ bucket });
  for (const command of before) await command(testEnvironment(store));
  return bucket;
}

interface Crash {
  readonly bucket: string;
  readonly store: S3Store;
  /** Messages of what the command had written. */
  readonly told: readonly object[];
}

/** The state in which a command is killed after so many operations; `undefined` where it has ended. */
async function crashAfter(
  start: string,
  { command }: Scenario,
  operations: number,
): Promise<Crash | undefined> {
  const bucket = newBucket();
  server().copyObjects(start, bucket);
  server().log.clear();
  const store = await connect({ bucket });
  const dying = new InterceptedStore(store, killAt(operations, 'after'));
  const isKilled = await command(testEnvironment(dying)).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Killed) return true;
      throw error;
    },
  );
  return isKilled ? { bucket, store, told: toldOf(bucket) } : undefined;
}

/** A project without its pages, which are not on the list either. */
async function staleBucket(): Promise<{ readonly bucket: string; readonly store: S3Store }> {
  const bucket = newBucket();
  const store = await connect({ bucket });
  await publishing([foo1, bar1])(testEnvironment(store));
  await losing('simple/foo/')(testEnvironment(store));
  server().log.clear();
  return { bucket, store };
}

// The others write no record, so S3 tells nothing of them.
const TOLD = SCENARIOS.filter(({ title }) => !['verify --repair', 'reindex'].includes(title));

describe.each(TOLD)('after $title was killed anywhere', { timeout: 240_000 }, (scenario) => {
  it('all pages and the project list are mended, once', async () => {
    const start = await prepare(scenario);
    const before = await visibleFaults(await connect({ bucket: start }));
    let mended = 0;
    for (let operations = 1; ; operations++) {
      const crash = await crashAfter(start, scenario, operations);
      if (crash === undefined) break;
      const { bucket, store, told } = crash;
      const what = `killed after ${operations} operations`;
      const faults = await visibleFaults(store);
      if (told.length === 0) {
        // Nothing was committed, so nothing is to be mended.
        expect(faults, what).toEqual(before);
        continue;
      }
      if (faults.length > 0) mended++;
      const repair = repairOf(bucket);
      expect(await repair(queueEvent(told)), what).toEqual(DONE);
      expect(await visibleFaults(store), what).toEqual([]);
      server().log.clear();
      // Duplicates, and what S3 tells of the function's own note.
      const own = [notification(bucket, RECORD.foo), notification(bucket, RECORD.bar)];
      expect(await repair(queueEvent([...told, ...own, ...told])), what).toEqual(DONE);
      expect(written(bucket), what).toEqual([]);
      server().closeIdleConnections();
    }
    expect(mended).toBeGreaterThanOrEqual(1);
  });
});

describe('a message', () => {
  it('that comes late or out of order does no harm: what counts is the record as it is', async () => {
    const { bucket, store } = await staleBucket();
    const old = notification(bucket, RECORD.foo);
    await publishing([foo2])(testEnvironment(store));
    await losing('simple/')(testEnvironment(store));
    await settingStatus('bar', 'quarantined')(testEnvironment(store));
    const repair = repairOf(bucket);
    expect(await repair(queueEvent([notification(bucket, RECORD.bar), old]))).toEqual(DONE);
    expect(await visibleFaults(store)).toEqual([]);
  });

  it('of a healthy project writes nothing', async () => {
    const bucket = newBucket();
    const store = await connect({ bucket });
    await publishing([foo1, bar1])(testEnvironment(store));
    const told = toldOf(bucket);
    expect(told.length).toBeGreaterThanOrEqual(2);
    server().log.clear();
    expect(await repairOf(bucket)(queueEvent(told))).toEqual(DONE);
    expect(written(bucket)).toEqual([]);
    expect(server().log.names()).toContain('GetObject');
  });

  it('that several functions have at the same time is done once for all', async () => {
    const { bucket, store } = await staleBucket();
    const event = queueEvent([notification(bucket, RECORD.foo)]);
    const answers = await Promise.all([1, 2, 3].map(() => repairOf(bucket)(event)));
    expect(answers).toEqual([DONE, DONE, DONE]);
    expect(await visibleFaults(store)).toEqual([]);
    // Whoever is not the first to replace a page is refused, and finds that it is right.
    expect(written(bucket)).toHaveLength(4);
  });

  it('can be about several objects', async () => {
    const { bucket, store } = await staleBucket();
    await losing('simple/bar/')(testEnvironment(store));
    expect(await repairOf(bucket)(queueEvent([notification(bucket, RECORD.bar, RECORD.foo)]))).toEqual(DONE);
    expect(await visibleFaults(store)).toEqual([]);
  });

  it('names keys as forms do', async () => {
    const bucket = newBucket();
    const prefix = 'team a+b/';
    const store = await connect({ bucket, prefix });
    await publishing([foo1])(testEnvironment(store));
    await losing('simple/foo/')(testEnvironment(store));
    const told = notification(bucket, `${prefix}${RECORD.foo}`);
    expect(JSON.stringify(told)).toContain('"team+a%2Bb/records/default/foo.json"');
    expect(await repairOf(bucket, { PREFIX: prefix })(queueEvent([told]))).toEqual(DONE);
    expect(await visibleFaults(store)).toEqual([]);
  });

  it('of a record that is gone, or never was, writes nothing', async () => {
    const { bucket, store } = await staleBucket();
    await store.remove(RECORD.bar);
    server().log.clear();
    const told = [RECORD.bar, 'records/default/never.json'].map((key) => notification(bucket, key));
    expect(await repairOf(bucket)(queueEvent(told))).toEqual(DONE);
    expect(written(bucket)).toEqual([]);
  });

  it.each([
    ['the test of S3', testNotification('bucket')],
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '7'],
    ['records that are none', { Records: 'x' }],
    ['a record that is none', { Records: [null, 7, {}, { s3: null }, { s3: { object: { key: 7 } } }] }],
    [
      'a key that cannot be decoded',
      { Records: [{ s3: { object: { key: 'records/default/%E0%A4%A.json' } } }] },
    ],
    ['a key of another folder', notification('bucket', 'elsewhere/records/default/foo.json')],
    ['a page', notification('bucket', 'simple/foo/index.html')],
    ['another index', notification('bucket', 'records/other/foo.json')],
    ['a name that is not normalized', notification('bucket', 'records/default/Foo.json')],
    ['a folder in the folder', notification('bucket', 'records/default/foo/bar.json')],
    ['a path upwards', notification('bucket', 'records/default/../../x.json')],
  ])('that is %s is done with, and asks nothing of the bucket', async (_title, body) => {
    const bucket = newBucket();
    server().log.clear();
    expect(await repairOf(bucket)(queueEvent([body]))).toEqual(DONE);
    expect(server().log.entries.filter((entry) => entry.bucket === bucket)).toEqual([]);
  });
});

describe('what fails', () => {
  it('is named, message by message, and the rest is done', async () => {
    const { bucket, store } = await staleBucket();
    const body = encode('{"not": "a record"}');
    const { etag } = (await store.get(RECORD.bar)) ?? {};
    await store.replace(RECORD.bar, body, etag, headersOf(RECORD.bar));
    const about = (...keys: string[]): object => notification(bucket, ...keys);
    const event = queueEvent([
      about(RECORD.foo),
      about(RECORD.bar),
      testNotification(bucket),
      about(RECORD.foo, RECORD.bar),
      '{',
      about(RECORD.foo),
    ]);
    expect(await repairOf(bucket)(event)).toEqual({
      batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '4' }],
    });
    expect(server().keys(bucket)).toContain('simple/foo/index.html');
    expect(runtime.log).toContainEqual(expect.objectContaining({ project: 'bar', outcome: 'failed' }));
  });

  it('because S3 refuses, is done at the next attempt, by the same function', async () => {
    const { bucket, store } = await staleBucket();
    const repair = repairOf(bucket);
    const event = queueEvent([notification(bucket, RECORD.foo)]);
    const allow = server().deny({ bucket, actions: ['s3:PutObject'], keyPrefix: 'simple/' });
    expect(await repair(event)).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    allow();
    expect(await repair(event)).toEqual(DONE);
    expect(await visibleFaults(store)).toEqual([]);
  });
});

/** A CloudFront that takes invalidations, and tells what was to be forgotten. */
class FakeCloudFront {
  readonly paths: string[] = [];
  isRefusing = false;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      text(request).then(
        (body) => {
          if (this.isRefusing)
            return response
              .writeHead(403)
              .end('<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>');
          if (request.url !== '/2020-05-31/distribution/E123/invalidation')
            return response.writeHead(404).end();
          this.paths.push(...[...body.matchAll(/<Path>([^<]*)<\/Path>/g)].map(([, path = '']) => path));
          const answer = '<Invalidation><Id>I1</Id><Status>InProgress</Status></Invalidation>';
          return response.writeHead(201, { 'content-type': 'text/xml' }).end(answer);
        },
        () => response.destroy(),
      );
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      this.#server.closeAllConnections();
      this.#server.close();
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

describe('where pages are kept at the edge', () => {
  it('what was written is forgotten, and nothing where all was in line', async () => {
    const cloudFront = new FakeCloudFront();
    const edge = { DISTRIBUTION_ID: 'E123', AWS_ENDPOINT_URL_CLOUDFRONT: await cloudFront.start() };
    const { bucket } = await staleBucket();
    const repair = repairOf(bucket, edge);
    const event = queueEvent([notification(bucket, RECORD.foo), notification(bucket, RECORD.bar)]);
    expect(await repair(event)).toEqual(DONE);
    expect(cloudFront.paths).toEqual(['/simple/foo/*']);
    expect(await repair(event)).toEqual(DONE);
    expect(cloudFront.paths).toEqual(['/simple/foo/*']);
  });

  it('what could not be forgotten is forgotten at the next attempt, though nothing is written then', async () => {
    const cloudFront = new FakeCloudFront();
    const edge = { DISTRIBUTION_ID: 'E123', AWS_ENDPOINT_URL_CLOUDFRONT: await cloudFront.start() };
    const { bucket } = await staleBucket();
    const repair = repairOf(bucket, edge);
    const bodies = [notification(bucket, RECORD.foo), notification(bucket, RECORD.bar)];
    cloudFront.isRefusing = true;
    expect(await repair(queueEvent(bodies))).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    cloudFront.isRefusing = false;
    server().log.clear();
    expect(await repair(queueEvent(bodies.slice(0, 1), 2))).toEqual(DONE);
    expect(written(bucket)).toEqual([]);
    expect(cloudFront.paths.sort()).toEqual(['/simple/', '/simple/foo/*', '/simple/index.*']);
  });
});
