import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bytesInMemory } from '../../core/bytes.ts';
import { S3Store } from '../../stores/s3.ts';
import { HEADERS, newObject, sha256 } from '../support/bytes.ts';
import { startS3Server } from '../support/s3-server.ts';
import { clientOf } from '../support/s3/sdk-client.ts';

const FILE = 'files/foo/0123456789abcdef/foo-1.0-py3-none-any.whl';
const MODIFIED = 'Sat, 21 Nov 2026 12:00:00 GMT';

/** The requests of a creation, whose PUT is answered with this `Date`, and the time that it gives. */
async function creationAnsweredAt(date: string | undefined) {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const asked: string[] = [];
  const client = new S3Client({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: {
      handle: async ({ method }: { method: string }) => {
        asked.push(method);
        const headers = {
          etag: '"x"',
          ...(method === 'HEAD' ? { 'content-length': '5', 'last-modified': MODIFIED } : {}),
          ...(method === 'PUT' && date !== undefined ? { date } : {}),
        };
        return { response: { statusCode: 200, headers, body: Readable.from([]) } };
      },
    },
  });
  const created = await new S3Store({ client, bucket: 'b' }).create(FILE, newObject('wheel'));
  return { asked, created };
}

describe('the time of a file in a bucket', () => {
  it('is that of the answer to its write, and costs no request', async () => {
    expect(await creationAnsweredAt('Sat, 21 Nov 2026 12:00:07 GMT')).toEqual({
      asked: ['PUT'],
      created: { outcome: 'created', lastModified: new Date('2026-11-21T12:00:07Z') },
    });
  });

  it.each([
    undefined,
    '',
    'yesterday',
    '2026-11-21T12:00:00Z',
    'Sat, 21 Nov 2026 12:00:00 +0100',
    'Sat, 41 Nov 2026 12:00:00 GMT',
    'Thu, 01 Jan 1970 00:00:05 GMT',
  ])('is asked for where the answer says %j', async (date) => {
    expect(await creationAnsweredAt(date)).toEqual({
      asked: ['PUT', 'HEAD'],
      created: { outcome: 'created', lastModified: new Date(MODIFIED) },
    });
  });

  it('is when all of it was there, not when the first of its parts was begun', async () => {
    let now = new Date(Math.floor(Date.now() / 1000) * 1000);
    const server = await startS3Server({ buckets: ['parts'], now: () => now, minimumPartSize: 1 });
    const client = clientOf(server);
    onTestFinished(async () => {
      client.destroy();
      await server.close();
    });
    const begun = now;
    const ended = new Date(begun.getTime() + 60_000);
    const bytes = Buffer.alloc(20, 'wheel');
    const memory = bytesInMemory(bytes);
    const source = {
      size: memory.size,
      read: (offset: number, length: number) => {
        // The time that sending takes.
        now = ended;
        return memory.read(offset, length);
      },
    };
    const store = new S3Store({ client, bucket: 'parts', endpoint: server.endpoint, partSize: 8 });
    const created = await store.create(FILE, { source, sha256: sha256(bytes), headers: HEADERS });
    expect(created).toEqual({ outcome: 'created', lastModified: ended });
    expect((await store.head(FILE))?.lastModified).toEqual(begun);
  });
});
