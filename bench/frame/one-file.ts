import { PutObjectCommand } from '@aws-sdk/client-s3';
import { headersOf, pageKey, recordKey } from '../../core/keys.ts';
import { renderProjectListPage } from '../../core/pages/project-list-page.ts';
import { renderProjectPage } from '../../core/pages/project-page.ts';
import { serializeRecord } from '../../core/record.ts';
import { S3Store } from '../../stores/s3.ts';
import { complete } from './command.ts';
import { measure } from './measure.ts';
import type { Group, NotMeasured, Setting } from './part.ts';
import { publishers, type Publisher } from './publishers.ts';
import { recordOf } from './records.ts';
import { bucketOf, emptyBucket, startDistantS3, type DistantS3 } from './s3.ts';
import { writeWheels } from './wheels.ts';

const VERSION = '9.0';

/** What publishing one file is measured with. */
export interface OneFile {
  readonly s3: DistantS3;
  readonly all: readonly Publisher[];
  readonly notMeasured: readonly NotMeasured[];
  readonly folder: string;
}

export async function startOneFile(setting: Setting, buckets: readonly string[]): Promise<OneFile> {
  const s3 = await startDistantS3(setting, buckets);
  return { s3, ...(await publishers(setting, s3)), folder: await setting.scope.folder() };
}

/** Publishes one file to a project that has `size` files already, as each publisher would have left them. */
export async function measureOneFile(setting: Setting, work: OneFile, size: number): Promise<Group> {
  const { s3, all, folder } = work;
  const project = `project-with-${size}`;
  const files = await writeWheels(folder, [{ name: project, version: VERSION }]);
  return measure(
    setting,
    `one file beside ${size.toLocaleString('en')}`,
    all.map(({ name, command, words, options }) => ({
      name,
      run: async (turn) => {
        const bucket = bucketOf(name, turn);
        // What earlier sizes have left is no part of what is prepared.
        await emptyBucket(s3, bucket);
        await (name === 'wheelstore' ? prepare : prepareForS3pypi)(s3, bucket, project, size);
        await s3.proxy.take();
        const ended = await complete(setting.scope, command, words(files, bucket), options);
        const { requests, roundTrips } = await s3.proxy.take();
        return { ...ended, counts: { requests, 'round trips': roundTrips } };
      },
    })),
  );
}

async function prepare({ client }: DistantS3, bucket: string, project: string, size: number): Promise<void> {
  const record = recordOf(project, size);
  const store = new S3Store({ client, bucket });
  // Through the store, so that objects carry what it keeps with them.
  const put = async (key: string, body: Uint8Array): Promise<void> => {
    const { outcome } = await store.replace(key, body, undefined, headersOf(key));
    if (outcome !== 'written') throw new Error(`${key} was there already`);
  };
  await put(recordKey(record.name), serializeRecord(record));
  for (const { representation, body } of renderProjectPage(record)) {
    await put(pageKey(record.name, representation), body);
  }
  for (const { representation, body } of renderProjectListPage([record.name], 0)) {
    await put(pageKey(undefined, representation), body);
  }
}

/** Its index is all that it reads. */
async function prepareForS3pypi(
  { client }: DistantS3,
  bucket: string,
  project: string,
  size: number,
): Promise<void> {
  const links = recordOf(project, size).files.map(
    ({ filename, sha256 }) => `    <a href="${filename}#sha256=${sha256}">${filename}</a>`,
  );
  const html = `<!DOCTYPE html>\n<html>\n  <body>\n${links.join('<br>\n')}\n  </body>\n</html>`;
  const key = `${project}/index.html`;
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: html, ContentType: 'text/html' }));
}
