import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BucketTree } from '../../stores/s3/bucket-tree.ts';
import { BUCKET, startWithClient } from '../support/s3/sdk-client.ts';

/** A bucket with these keys, each of which holds its own name. */
async function bucketWith(...keys: readonly string[]) {
  const { server, client } = await startWithClient();
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
  const tree = (prefix?: string) => new BucketTree(client, BUCKET, prefix, server.endpoint);
  return { server, tree };
}

async function listed(tree: BucketTree): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path, modified } of tree.list()) {
    expect(modified).toBeInstanceOf(Date);
    paths.push(path);
  }
  return paths.sort();
}

async function textOf(tree: BucketTree, path: string, limit = 1000): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tree.read(path, limit)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('A bucket', () => {
  const odd = [
    'a b/c.whl',
    'foo/',
    'foo//c.whl',
    'foo/1+2%2B3.whl',
    'foo/ü.zip',
    'foo/x?y#z',
    'foo/\u0001.whl',
  ];

  it('has its objects, whatever their keys are', async () => {
    const { tree } = await bucketWith(...odd, 'other/a.whl');
    expect(await listed(tree())).toEqual([...odd, 'other/a.whl'].sort());
    for (const path of odd) expect(await textOf(tree(), path)).toBe(path);
  });

  it('has what is below a prefix, and no more', async () => {
    const { tree } = await bucketWith('p/foo/a.whl', 'p/foo/', 'p', 'p2/a.whl', 'a.whl');
    for (const prefix of ['p', 'p/', '/p/']) {
      expect(await listed(tree(prefix))).toEqual(['foo/', 'foo/a.whl']);
      expect(await textOf(tree(prefix), 'foo/a.whl')).toBe('p/foo/a.whl');
    }
  });

  it('says where it is', async () => {
    const { server, tree } = await bucketWith();
    expect(tree('p/').description).toBe(`bucket s3://${BUCKET}/p at ${server.endpoint}`);
  });

  it('says what is gone, and what has grown', async () => {
    const { tree } = await bucketWith('p/a.whl');
    await expect(textOf(tree('p'), 'b.whl')).rejects.toMatchObject({ code: 'not-found', value: 'p/b.whl' });
    await expect(textOf(tree('p'), 'a.whl', 6)).rejects.toMatchObject({ code: 'file-changed' });
    expect(await textOf(tree('p'), 'a.whl', 7)).toBe('p/a.whl');
  });

  it('loses an object that is removed, once or twice', async () => {
    const { server, tree } = await bucketWith('p/a.whl', 'p/b.whl', 'a.whl');
    await tree('p').remove('a.whl');
    await tree('p').remove('a.whl');
    expect(server.keys(BUCKET)).toEqual(['a.whl', 'p/b.whl']);
  });

  it('is not empty where it may not be listed', async () => {
    const { server, tree } = await bucketWith('a.whl');
    server.deny({ actions: ['s3:ListBucket'] });
    await expect(listed(tree())).rejects.toMatchObject({ code: 'access-denied' });
  });
});
