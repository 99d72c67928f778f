import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { Distribution } from '../../core/distribution.ts';
import { S3Store } from '../../stores/s3.ts';
import type { Sender } from '../../stores/s3/requests.ts';
import { deleting, oldSdist, publishing, sdist, wheel, yanking, type Command } from '../support/commands.ts';
import { testEnvironment } from '../support/environment.ts';
import { Rounds } from '../support/rounds.ts';
import { newObject } from '../support/bytes.ts';
import { clientOf } from '../support/s3/sdk-client.ts';
import { serveBuckets } from './s3-served.ts';

const { server, newBucket, connect } = serveBuckets();

/** What a command costs in HTTP: the server has counted the requests. */
interface Cost {
  /** How often the command had to wait for answers before it could ask on. */
  readonly roundTrips: number;
  readonly requests: Readonly<Record<string, number>>;
}

/** Runs a command in a process of its own, as it were: its store has learned nothing yet. */
async function costOf(bucket: string, command: Command): Promise<Cost> {
  const rounds = new Rounds();
  const client = clientOf(server());
  const send = (request: GetObjectCommand): Promise<unknown> =>
    rounds.ask(async () => {
      const answer = await client.send(request);
      // What an answer brings along is part of its round.
      const bytes = await answer.Body?.transformToByteArray();
      return bytes === undefined ? answer : { ...answer, Body: Readable.from([Buffer.from(bytes)]) };
    });
  const store = new S3Store({
    client: { send, middlewareStack: client.middlewareStack } as Sender,
    bucket,
    endpoint: server().endpoint,
  });
  server().log.clear();
  const roundTrips = await rounds.of(command(testEnvironment(store, { jobs: 64 })));
  const requests: Record<string, number> = {};
  for (const name of server().log.names()) requests[String(name)] = (requests[String(name)] ?? 0) + 1;
  client.destroy();
  return { roundTrips, requests };
}

/** A bucket in which these are published. */
async function holding(...distributions: readonly Distribution[]): Promise<string> {
  const bucket = newBucket();
  await publishing(distributions)(testEnvironment(await connect({ bucket })));
  return bucket;
}

describe('what a command costs in a bucket', () => {
  it('is two round trips where there is nothing new', async () => {
    const foo = await wheel('foo', '1.0');
    expect(await costOf(await holding(foo), publishing([foo]))).toEqual({
      roundTrips: 2,
      requests: { HeadObject: 4, GetObject: 1 },
    });
  });

  it.each([
    ['wheel', wheel, 7],
    ['sdist', sdist, 7],
    ['sdist of old', oldSdist, 6],
  ] as const)('is four round trips for a new %s of a project that exists', async (_kind, build, writes) => {
    const bucket = await holding(await wheel('foo', '1.0'), await wheel('bar', '1.0'));
    expect(await costOf(bucket, publishing([await build('foo', '2.0')]))).toEqual({
      roundTrips: 4,
      requests: { HeadObject: 4, GetObject: 1, PutObject: writes },
    });
  });

  it('is four round trips for many files at once of a project that exists', async () => {
    const bucket = await holding(await wheel('foo', '1.0'));
    const versions = Array.from({ length: 20 }, (_, i) => `2.${i}`);
    const wheels = await Promise.all(versions.map((version) => wheel('foo', version)));
    expect(await costOf(bucket, publishing(wheels))).toEqual({
      roundTrips: 4,
      requests: { HeadObject: 4, GetObject: 1, PutObject: 20 * 2 + 5 },
    });
  });

  it('is nine round trips for a wheel of a new project', async () => {
    const bucket = await holding(await wheel('bar', '1.0'));
    expect(await costOf(bucket, publishing([await wheel('foo', '1.0')]))).toEqual({
      roundTrips: 9,
      requests: { HeadObject: 4, GetObject: 2, PutObject: 12, ListObjectsV2: 2 },
    });
  });

  it('is five round trips for other bytes by force, with the removal of the old ones', async () => {
    const bucket = await holding(await wheel('foo', '1.0'));
    const other = await wheel('foo', '1.0', 'other bytes');
    expect(await costOf(bucket, publishing([other], 'replace'))).toEqual({
      roundTrips: 5,
      requests: { HeadObject: 4, GetObject: 1, PutObject: 7, DeleteObject: 2 },
    });
  });

  it('is four round trips for a yank', async () => {
    const bucket = await holding(await wheel('foo', '1.0'), await wheel('foo', '2.0'));
    expect(await costOf(bucket, yanking('foo', '1.0', 'broken'))).toEqual({
      roundTrips: 4,
      requests: { HeadObject: 4, GetObject: 1, PutObject: 5 },
    });
  });

  it('is five round trips for a deletion', async () => {
    const bucket = await holding(await wheel('foo', '1.0'), await wheel('foo', '2.0'));
    expect(await costOf(bucket, deleting('foo', '1.0'))).toEqual({
      roundTrips: 5,
      requests: { HeadObject: 4, GetObject: 1, PutObject: 5, DeleteObject: 2 },
    });
  });

  it('is one request for each small object, however many are created', async () => {
    const store = await connect();
    server().log.clear();
    for (const name of ['a', 'b', 'c']) {
      await store.create(`files/foo/0123456789abcdef/${name}.whl`, newObject(name));
    }
    expect(server().log.names()).toEqual(['PutObject', 'PutObject', 'PutObject']);
  });

  it('is four requests more at an endpoint that has to be probed', async () => {
    const store = await connect();
    server().log.clear();
    await store.probeConditionalWrites();
    expect(server().log.names()).toEqual(['PutObject', 'PutObject', 'PutObject', 'DeleteObject']);
  });
});
