import { afterEach, describe, expect, it } from 'vitest';
import { fileKey } from '../../core/keys.ts';
import { mapBounded } from '../../core/parallel.ts';
import type { S3Store } from '../../stores/s3.ts';
import type { S3Connection } from '../../stores/s3/connect.ts';
import { MemoryStore } from '../../stores/memory.ts';
import { HEADERS } from '../support/bytes.ts';
import { publishing, wheel } from '../support/commands.ts';
import { testEnvironment } from '../support/environment.ts';
import { brokenLinks, inconsistencies, recordsOf } from '../support/repository-check.ts';
import { SCENARIOS, type Scenario } from '../support/scenarios.ts';
import { CONFLICT, PRECONDITION_FAILED, SLOW_DOWN, type Fault } from '../support/s3-server.ts';
import { serveBuckets } from './s3-served.ts';

/** How many buckets are worked on at the same time. */
const JOBS = 8;

/** Longer than any answer takes, in milliseconds. One that never comes is waited for so long. */
const IDLE_TIMEOUT = 400;

const { server, newBucket, connect } = serveBuckets({ minimumPartSize: 1 });

const FAULTS: readonly (readonly [title: string, fault: Fault])[] = [
  ['500 InternalError', { kind: 'answer', status: 500, code: 'InternalError' }],
  ['503 SlowDown', SLOW_DOWN],
  ['409 ConditionalRequestConflict', CONFLICT],
  ['412 PreconditionFailed', PRECONDITION_FAILED],
  ['403 AccessDenied', { kind: 'answer', status: 403, code: 'AccessDenied' }],
  ['500 after the effect', { kind: 'answer', when: 'after', status: 500, code: 'InternalError' }],
  ['a reset connection', { kind: 'reset', when: 'before' }],
  ['a reset connection after the effect', { kind: 'reset', when: 'after' }],
  ['silence', { kind: 'silence', when: 'before' }],
  ['silence after the effect', { kind: 'silence', when: 'after' }],
  ['a body that is cut off', { kind: 'truncate', bytes: 3 }],
];

interface BucketScenario extends Scenario {
  readonly connection?: Partial<S3Connection>;
}

const COMMANDS: readonly BucketScenario[] = [
  ...SCENARIOS,
  {
    title: 'upload in parts',
    before: [publishing([await wheel('foo', '1.0')])],
    command: publishing([await wheel('foo', '2.0', 'x'.repeat(1000))]),
    connection: { partSize: 700 },
  },
];

// Their connections stay open, and their clients are no longer used.
afterEach(() => server().closeIdleConnections());

describe.each(COMMANDS)('$title, while each of its requests in turn ends in a fault', (scenario) => {
  const { before, command, connection } = scenario;

  const open = (bucket: string, more: Partial<S3Connection> = {}): Promise<S3Store> =>
    connect({ bucket, ...connection, ...more });

  const run = async (bucket: string): Promise<void> => {
    await command(testEnvironment(await open(bucket)));
  };

  /** A bucket to run the command on, how many requests it takes, and what it comes to. */
  async function prepared() {
    const original = newBucket();
    const environment = testEnvironment(await open(original));
    for (const earlier of before) await earlier(environment);
    const bucket = copyOf(original);
    server().log.clear();
    await run(bucket);
    const requests = server().log.entries.length;
    return { original, requests, was: await promisesIn(original), will: await promisesIn(bucket) };
  }

  it.each(FAULTS)('loses and breaks nothing: %s', async (_title, fault) => {
    const { original, requests, was, will } = await prepared();
    expect(requests).toBeGreaterThanOrEqual(10);
    const isSilence = fault.kind === 'silence';
    const fragility = { maxAttempts: 1, ...(isSilence ? { idleTimeout: IDLE_TIMEOUT } : {}) };
    const hits = await mapBounded(Array.from({ length: requests }), JOBS, async (_, index) => {
      const at = `request ${index + 1} of ${requests}`;
      const bucket = copyOf(original);
      const fragile = await open(bucket, fragility);
      const injection = server().inject({ bucket, nth: index + 1, fault });
      const hasSucceeded = await command(testEnvironment(fragile)).then(
        () => true,
        () => false,
      );
      injection.remove();

      const left = await contentOf(bucket);
      expect([...(await brokenLinks(left)), ...(await missingFiles(left))], at).toEqual([]);
      const promises = await promisesIn(bucket);
      for (const project of new Set([...was.keys(), ...will.keys(), ...promises.keys()])) {
        expect([was.get(project), will.get(project)], at).toContainEqual(promises.get(project));
      }
      if (hasSucceeded) {
        expect(await inconsistencies(left), at).toEqual([]);
        expect(promises, at).toEqual(will);
      }

      await run(bucket);
      expect(await inconsistencies(await contentOf(bucket)), `${at}, run again`).toEqual([]);
      expect(await promisesIn(bucket), `${at}, run again`).toEqual(will);
      return injection.hits;
    });
    // On a busy machine, an answer before that one may have taken too long.
    if (!isSilence) expect(hits).toEqual(Array.from({ length: requests }, () => 1));
    else expect(hits).toContain(1);
  });
});

function copyOf(bucket: string): string {
  const copy = newBucket();
  server().copyObjects(bucket, copy);
  return copy;
}

/** What is in a bucket, past all faults. */
async function contentOf(bucket: string): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const key of server().keys(bucket)) {
    await store.replace(key, server().bytes(bucket, key) ?? new Uint8Array(), undefined, HEADERS);
  }
  return store;
}

/** What each record says; but no numbers and times, which differ from run to run. */
async function promisesIn(bucket: string): Promise<Map<string, unknown>> {
  const records = await recordsOf(await contentOf(bucket));
  return new Map(
    records.map(({ name, status, tombstones, files: all }) => {
      const files = all.map(({ filename, sha256, yanked }) => ({ filename, sha256, yanked }));
      return [name, { status, tombstones, files }];
    }),
  );
}

/** Every file that a record names, and whose bytes are not there. */
async function missingFiles(store: MemoryStore): Promise<string[]> {
  const missing: string[] = [];
  for (const { name, files } of await recordsOf(store)) {
    for (const file of files) {
      const key = fileKey({ project: name, ...file });
      if ((await store.head(key))?.sha256 !== file.sha256) missing.push(key);
    }
  }
  return missing;
}
