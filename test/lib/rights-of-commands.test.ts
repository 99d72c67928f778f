import { describe, expect, it } from 'vitest';
import { publishing, wheel } from '../support/commands.ts';
import { testEnvironment } from '../support/environment.ts';
import { type LoggedOperation } from '../support/s3-server.ts';
import { SCENARIOS } from '../support/scenarios.ts';
import { serveBuckets } from '../stores/s3-served.ts';
import {
  CREATION,
  IF_MATCH,
  IF_NONE_MATCH,
  maintainer,
  may,
  PART,
  PREFIX,
  publisher,
  type Context,
} from './persons.ts';

const COMMANDS = [
  ...SCENARIOS,
  {
    title: 'upload in parts',
    before: [],
    command: publishing([await wheel('foo', '1.0', 'x'.repeat(1000))]),
  },
];

describe('what the commands ask of S3', () => {
  const { server, newBucket, connect } = serveBuckets({ minimumPartSize: 1 });

  /** The permission that a request needs, and what its conditions see. */
  function asked({ operation, key = '', headers, query }: LoggedOperation): [string, string, Context] {
    const conditions: Context = {
      ...(headers['if-none-match'] === undefined ? {} : IF_NONE_MATCH),
      ...(headers['if-match'] === undefined ? {} : IF_MATCH),
    };
    switch (operation) {
      case 'GetObject':
      case 'HeadObject':
        return ['GetObject', key, {}];
      case 'PutObject':
      case 'CompleteMultipartUpload':
        return ['PutObject', key, { ...CREATION, ...conditions }];
      case 'CreateMultipartUpload':
      case 'UploadPart':
        return ['PutObject', key, PART];
      case 'DeleteObject':
        return ['DeleteObject', key, {}];
      case 'HeadBucket':
        return ['ListBucket', '', {}];
      case 'ListObjectsV2':
        return ['ListBucket', '', { 's3:prefix': query['prefix'] ?? '' }];
      default:
        throw new Error(`No command asks for ${operation}`);
    }
  }

  it.each(COMMANDS)('for $title is what they may', async ({ title, before, command }) => {
    const bucket = newBucket();
    const parts = title === 'upload in parts' ? { partSize: 700 } : {};
    const environment = testEnvironment(await connect({ bucket, prefix: PREFIX, ...parts }));
    for (const earlier of before) await earlier(environment);
    server().log.clear();
    await command(environment);
    const removes = title === 'delete' || title === 'upload --force';
    const requests = server().log.entries.map(asked);
    expect(requests.length).toBeGreaterThan(5);
    const denied = requests.filter((request) => !may(removes ? maintainer() : publisher(), ...request));
    expect(denied).toEqual([]);
    expect(requests.some(([action]) => action === 'DeleteObject')).toBe(removes);
  });
});
