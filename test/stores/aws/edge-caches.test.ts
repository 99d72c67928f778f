import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
  type InvalidationBatch,
} from '@aws-sdk/client-cloudfront';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { EdgeCaches } from '../../../stores/aws/edge-caches.ts';
import { refused, withoutWarnings } from '../s3-mock.ts';

const BATCH: InvalidationBatch = { CallerReference: 'r', Paths: { Quantity: 0 } };

function invalidation(Status: string, Id = 'I1') {
  return { Invalidation: { Id, Status, CreateTime: new Date(0), InvalidationBatch: BATCH } };
}

/** Caches whose client answers as a test says; it waits for nothing, and notes how long it would. */
function mocked() {
  withoutWarnings();
  const client = new CloudFrontClient({ region: 'us-east-1' });
  const pauses: number[] = [];
  const caches = new EdgeCaches(client, 'E1', async (milliseconds) => void pauses.push(milliseconds));
  return { cloudFront: mockClient(client), caches, pauses };
}

const BUSY = refused('TooManyInvalidationsInProgress', 400);

describe('An invalidation', () => {
  it('names the distribution and the paths', async () => {
    const { cloudFront, caches } = mocked();
    cloudFront.on(CreateInvalidationCommand).resolves(invalidation('InProgress', 'I7'));
    expect(await caches.invalidate(['/simple/foo/*', '/simple/'])).toBe('I7');
    const [call] = cloudFront.commandCalls(CreateInvalidationCommand);
    expect(call?.args[0].input).toEqual({
      DistributionId: 'E1',
      InvalidationBatch: {
        CallerReference: expect.stringMatching(/^[0-9a-f-]{36}$/),
        Paths: { Quantity: 2, Items: ['/simple/foo/*', '/simple/'] },
      },
    });
  });

  it('is the same one, however often CloudFront was too busy for it', async () => {
    const { cloudFront, caches, pauses } = mocked();
    cloudFront
      .on(CreateInvalidationCommand)
      .rejectsOnce(BUSY)
      .rejectsOnce(BUSY)
      .resolves(invalidation('InProgress'));
    await caches.invalidate(['/a']);
    const calls = cloudFront.commandCalls(CreateInvalidationCommand);
    const references = calls.map(({ args }) => args[0].input.InvalidationBatch?.CallerReference);
    expect(references).toHaveLength(3);
    expect(new Set(references).size).toBe(1);
    expect(pauses).toHaveLength(2);
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(1_000 * 2 ** index);
      expect(pause).toBeLessThanOrEqual(2_000 * 2 ** index);
    }
  });

  it('is another one each time', async () => {
    const { cloudFront, caches } = mocked();
    cloudFront.on(CreateInvalidationCommand).resolves(invalidation('InProgress'));
    await caches.invalidate(['/a']);
    await caches.invalidate(['/a']);
    const calls = cloudFront.commandCalls(CreateInvalidationCommand);
    const references = calls.map(({ args }) => args[0].input.InvalidationBatch?.CallerReference);
    expect(new Set(references).size).toBe(2);
  });

  it('is given up where CloudFront is too busy for minutes', async () => {
    const { cloudFront, caches, pauses } = mocked();
    cloudFront.on(CreateInvalidationCommand).rejects(BUSY);
    await expect(caches.invalidate(['/a'])).rejects.toMatchObject({ code: 'contention', value: 'E1' });
    const waited = pauses.reduce((sum, pause) => sum + pause, 0);
    expect(waited).toBeGreaterThan(45_000);
    expect(waited).toBeLessThan(180_000);
  });

  it.each([
    ['access-denied', refused('AccessDenied', 403), 'cloudfront:CreateInvalidation'],
    ['store-failed', refused('NoSuchDistribution', 404), 'NoSuchDistribution'],
    ['expired-credentials', refused('ExpiredToken', 403), 'expired'],
  ])('fails at once for other reasons: %s', async (code, error, text) => {
    const { cloudFront, caches, pauses } = mocked();
    cloudFront.on(CreateInvalidationCommand).rejects(error);
    await expect(caches.invalidate(['/a'])).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
    expect(pauses).toEqual([]);
  });

  it('has to have a number that can be asked for', async () => {
    const { cloudFront, caches } = mocked();
    cloudFront.on(CreateInvalidationCommand).resolves({});
    await expect(caches.invalidate(['/a'])).rejects.toMatchObject({ code: 'store-failed' });
  });
});

describe('The end of an invalidation', () => {
  it('is waited for', async () => {
    const { cloudFront, caches, pauses } = mocked();
    cloudFront
      .on(GetInvalidationCommand, { DistributionId: 'E1', Id: 'I1' })
      .resolvesOnce(invalidation('InProgress'))
      .resolvesOnce(invalidation('InProgress'))
      .resolves(invalidation('Completed'));
    await caches.settled('I1');
    expect(cloudFront.commandCalls(GetInvalidationCommand)).toHaveLength(3);
    expect(pauses).toEqual([2_000, 2_000]);
  });

  it('is not waited for without end', async () => {
    const { cloudFront, caches, pauses } = mocked();
    cloudFront.on(GetInvalidationCommand).resolves(invalidation('InProgress'));
    await expect(caches.settled('I1')).rejects.toMatchObject({ code: 'contention', value: 'I1' });
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBe(600_000);
  });

  it('cannot be seen by who may not', async () => {
    const { cloudFront, caches } = mocked();
    cloudFront.on(GetInvalidationCommand).rejects(refused('AccessDenied', 403));
    await expect(caches.settled('I1')).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('cloudfront:GetInvalidation'),
    });
  });
});
