import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';

const ENTRY = fileURLToPath(new URL('../support/s3-server.ts', import.meta.url));

it('the server runs as a process, whose first line is its endpoint', async () => {
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = process.env;
  const words = ['--import', 'tsx', ENTRY, '--bucket', 'one', '--port', '0', '--region', 'eu-west-1'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const [endpoint] = (await once(createInterface(child.stdout), 'line')) as [string];
  expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'testtest' };
  const client = new S3Client({ endpoint, region: 'eu-west-1', credentials, forcePathStyle: true });
  expect((await client.send(new ListObjectsV2Command({ Bucket: 'one' }))).KeyCount).toBe(0);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
