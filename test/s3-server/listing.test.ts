import {
  ListObjectsV2Command,
  paginateListObjectsV2,
  PutObjectCommand,
  type ListObjectsV2CommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, refusalOf, startWithClient } from '../support/s3/sdk-client.ts';

async function fill(client: S3Client, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }))));
}

/** What is on each page: keys, and common prefixes after them. */
async function pages(
  client: S3Client,
  query: Partial<ListObjectsV2CommandInput>,
): Promise<(string | undefined)[][]> {
  const found = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: BUCKET, ...query })) {
    const { Contents = [], CommonPrefixes = [] } = page;
    expect(page.KeyCount).toBe(Contents.length + CommonPrefixes.length);
    found.push([...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix)]);
  }
  return found;
}

describe('a listing', () => {
  it('has the keys with a prefix, in the order of their bytes', async () => {
    const { client } = await startWithClient();
    // In the order of UTF-16 the last two are the other way round.
    const sorted = ['p/', 'p/A', 'p/a', 'p/a-b', 'p/a/b', 'p/é', 'p/\uff5e', 'p/😀'];
    await fill(client, [...sorted, 'o', 'p', 'q/a'].toReversed());
    expect(await pages(client, { Prefix: 'p/' })).toEqual([sorted]);
    expect(await pages(client, { Prefix: 'none' })).toEqual([[]]);
  });

  it('says of each what it is', async () => {
    const { client } = await startWithClient();
    await fill(client, ['a']);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(Contents).toMatchObject([
      { Key: 'a', Size: 1, ETag: '"9dd4e461268c8034f5c8564e155c67a6"', StorageClass: 'STANDARD' },
    ]);
    expect(Contents?.[0]?.LastModified?.getMilliseconds()).toBe(0);
  });

  it('comes in pages of a thousand', async () => {
    const { client } = await startWithClient();
    const keys = Array.from({ length: 1001 }, (_, index) => `k${String(index).padStart(4, '0')}`);
    await fill(client, keys);
    const found = await pages(client, { MaxKeys: 5000 });
    expect(found.map((page) => page.length)).toEqual([1000, 1]);
    expect(found.flat()).toEqual(keys);
  });

  it('is continued where it ended, whatever was written since', async () => {
    const { client } = await startWithClient();
    await fill(client, ['b', 'd', 'f']);
    const first = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 2 }));
    expect([first.IsTruncated, first.Contents?.length]).toEqual([true, 2]);
    await fill(client, ['a', 'e']);
    const { NextContinuationToken: ContinuationToken } = first;
    const next = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, ContinuationToken }));
    expect(next.Contents?.map(({ Key }) => Key)).toEqual(['e', 'f']);
    expect([next.IsTruncated, next.NextContinuationToken]).toEqual([false, undefined]);
  });

  it('begins after a key, which needs not exist', async () => {
    const { client } = await startWithClient();
    await fill(client, ['a', 'b', 'c']);
    expect(await pages(client, { StartAfter: 'a' })).toEqual([['b', 'c']]);
    expect(await pages(client, { StartAfter: 'aa', MaxKeys: 1 })).toEqual([['b'], ['c']]);
  });

  it('shows keys with a delimiter as common prefixes, which count as keys do', async () => {
    const { client } = await startWithClient();
    await fill(client, ['s/a/1', 's/a/2', 's/b', 's/c/1', 's/c/2/3', 's/d']);
    expect(await pages(client, { Prefix: 's/', Delimiter: '/' })).toEqual([['s/b', 's/d', 's/a/', 's/c/']]);
    expect(await pages(client, { Prefix: 's/', Delimiter: '/', MaxKeys: 1 })).toEqual([
      ['s/a/'],
      ['s/b'],
      ['s/c/'],
      ['s/d'],
    ]);
  });

  it('writes keys encoded when it is asked to', async () => {
    const { client } = await startWithClient();
    await fill(client, ['a b/é+\u0001']);
    expect(await pages(client, { EncodingType: 'url' })).toEqual([['a+b/%C3%A9%2B%01']]);
  });

  it('that makes no sense is refused', async () => {
    const { client } = await startWithClient();
    const list = (query: object): Promise<unknown> =>
      client.send(new ListObjectsV2Command({ Bucket: BUCKET, ...query }));
    expect(await refusalOf(list({ MaxKeys: -1 }))).toBe('400 InvalidArgument');
    expect(await refusalOf(list({ ContinuationToken: 'made up' }))).toBe('400 InvalidArgument');
    expect(await refusalOf(list({ Bucket: 'other' }))).toBe('404 NoSuchBucket');
  });
});
