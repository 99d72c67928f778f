import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { bytesInMemory } from '../../core/bytes.ts';
import type { NewObject } from '../../core/store.ts';
import type { S3StoreOptions } from '../../stores/s3.ts';
import { encode, HEADERS, sha256 } from '../support/bytes.ts';
import { mockedStore as mocked, refused } from './s3-mock.ts';

const FILE = 'files/foo/0123456789abcdef/foo-1.0-py3-none-any.whl';
const IN_PARTS = { partSize: 4 };

const absent = refused('NotFound', 404);
const head = { ETag: '"x"', ContentLength: 5, LastModified: new Date('2026-11-21T12:00:00Z') };

function large(text: string, more: Partial<NewObject> = {}): NewObject {
  const bytes = encode(text);
  return { source: bytesInMemory(bytes), sha256: sha256(bytes), headers: HEADERS, ...more };
}

describe('creating a large object in S3', () => {
  function accepting(options: Partial<S3StoreOptions> = {}) {
    const { s3, store } = mocked({ ...IN_PARTS, ...options });
    s3.on(HeadObjectCommand).rejectsOnce(absent).resolves(head);
    s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'id' });
    s3.on(UploadPartCommand).callsFake(async ({ PartNumber }) => ({ ETag: `"part ${PartNumber}"` }));
    s3.on(CompleteMultipartUploadCommand).resolves({ ETag: '"whole-3"' });
    s3.on(AbortMultipartUploadCommand).resolves({});
    return { s3, store };
  }

  it('sends parts, and states the condition when it completes them', async () => {
    const { s3, store } = accepting({ putArguments: { ServerSideEncryption: 'AES256' } });
    const counts: number[] = [];
    const object = large('0123456789', { onBytes: (count) => counts.push(count) });
    expect((await store.create(FILE, object)).outcome).toBe('created');
    const parts = s3.commandCalls(UploadPartCommand).map(({ args }) => args[0].input);
    expect(parts.map(({ PartNumber, Body }) => [PartNumber, String(Body)])).toEqual([
      [1, '0123'],
      [2, '4567'],
      [3, '89'],
    ]);
    expect(s3.commandCalls(CreateMultipartUploadCommand)[0]?.args[0].input).toMatchObject({
      ServerSideEncryption: 'AES256',
      ContentType: 'text/plain',
      Metadata: { sha256: object.sha256 },
    });
    const completed = s3.commandCalls(CompleteMultipartUploadCommand)[0]?.args[0].input;
    expect(completed).toMatchObject({ IfNoneMatch: '*', UploadId: 'id' });
    expect(completed?.MultipartUpload?.Parts?.map(({ ETag }) => ETag)).toEqual([
      '"part 1"',
      '"part 2"',
      '"part 3"',
    ]);
    expect(counts.reduce((a, b) => a + b)).toBe(10);
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(0);
  });

  it('sends nothing where it exists', async () => {
    const { s3, store } = mocked(IN_PARTS);
    s3.on(HeadObjectCommand).resolves(head);
    expect(await store.create(FILE, large('0123456789'))).toEqual({ outcome: 'exists' });
    expect(s3.calls()).toHaveLength(1);
  });

  it('exists, and leaves no parts, where another writer completes first', async () => {
    const { s3, store } = accepting();
    s3.on(CompleteMultipartUploadCommand).rejects(refused('PreconditionFailed', 412));
    expect(await store.create(FILE, large('0123456789'))).toEqual({ outcome: 'exists' });
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
  });

  it('begins again after 409', async () => {
    const { s3, store } = accepting();
    s3.on(HeadObjectCommand).rejectsOnce(absent).rejectsOnce(absent).resolves(head);
    s3.on(CompleteMultipartUploadCommand)
      .rejectsOnce(refused('ConditionalRequestConflict', 409))
      .resolves({ ETag: '"whole-3"' });
    expect((await store.create(FILE, large('0123456789'))).outcome).toBe('created');
    expect(s3.commandCalls(CreateMultipartUploadCommand)).toHaveLength(2);
  });

  it('finds what an earlier attempt has completed, whose answer was lost', async () => {
    const { s3, store } = accepting();
    s3.on(CompleteMultipartUploadCommand).rejects(refused('NoSuchUpload', 404, 2));
    expect(await store.create(FILE, large('0123456789'))).toEqual({ outcome: 'exists' });
  });

  it.each([
    ['a part fails', { part: refused('InternalError', 500) }, 'store-failed'],
    ['the completion fails', { complete: refused('AccessDenied', 403) }, 'access-denied'],
  ])(
    'leaves no parts where %s',
    async (_what, { part, complete }: { part?: Error; complete?: Error }, code) => {
      const { s3, store } = accepting();
      if (part !== undefined) s3.on(UploadPartCommand).rejects(part);
      if (complete !== undefined) s3.on(CompleteMultipartUploadCommand).rejects(complete);
      await expect(store.create(FILE, large('0123456789'))).rejects.toMatchObject({ code });
      expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
    },
  );

  it('leaves no parts where the source fails, and says why it did', async () => {
    const { s3, store } = accepting();
    const failure = new Error('interrupted');
    const source = {
      size: 10,
      read: (offset: number) => (offset === 0 ? Promise.resolve(encode('0123')) : Promise.reject(failure)),
    };
    await expect(store.create(FILE, large('0123456789', { source }))).rejects.toBe(failure);
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
    expect(s3.commandCalls(CompleteMultipartUploadCommand)).toHaveLength(0);
  });

  it('compares the hash before it completes the upload', async () => {
    const { s3, store } = accepting();
    const lie = large('0123456789', { sha256: sha256(encode('other')) });
    await expect(store.create(FILE, lie)).rejects.toMatchObject({ code: 'file-changed' });
    expect(s3.commandCalls(CompleteMultipartUploadCommand)).toHaveLength(0);
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
  });

  it('holds few parts at a time, whatever is uploaded at once', async () => {
    const { s3, store } = accepting();
    s3.on(HeadObjectCommand).rejects(absent);
    let held = 0;
    let most = 0;
    s3.on(UploadPartCommand).callsFake(async ({ PartNumber }) => {
      most = Math.max(most, ++held);
      await new Promise((resolve) => setTimeout(resolve, 2));
      held--;
      return { ETag: `"part ${PartNumber}"` };
    });
    const uploads = Array.from({ length: 6 }, () => store.create(FILE, large('x'.repeat(80))));
    await Promise.allSettled(uploads);
    expect(s3.commandCalls(UploadPartCommand)).toHaveLength(120);
    expect(most).toBe(4);
  });
});
