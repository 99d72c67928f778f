import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
} from '@aws-sdk/client-cloudfront-keyvaluestore';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { readKeyValueStoreState } from '../../../stores/aws/key-value-store-state.ts';
import { connectKeyValueStores } from '../../../stores/aws/key-value-store.ts';
import { refused, withoutWarnings } from '../s3-mock.ts';

const ARN = 'arn:aws:cloudfront::123456789012:key-value-store/0f5c2b6e-6d3a-4f0e-9a51-1c1f5d1a2b3c';

/** A client that sends nothing. */
function mocked() {
  withoutWarnings();
  const client = new CloudFrontKeyValueStoreClient({ region: 'us-east-1' });
  return { client, service: mockClient(client) };
}

describe('The state of a key-value store', () => {
  it('is what CloudFront says of the one with this ARN', async () => {
    const { client, service } = mocked();
    const answer = {
      ETag: 'ETV1',
      KvsARN: ARN,
      Created: new Date(0),
      Status: 'READY',
      ItemCount: 2,
      TotalSizeInBytes: 300,
    };
    service.on(DescribeKeyValueStoreCommand, { KvsARN: ARN }).resolves(answer);
    expect(await readKeyValueStoreState(client, ARN)).toEqual({
      status: 'READY',
      reason: '',
      items: 2,
      size: 300,
      version: 'ETV1',
    });
  });

  it('is none that is known where nothing is said', async () => {
    const { client, service } = mocked();
    service.on(DescribeKeyValueStoreCommand).resolves({});
    expect(await readKeyValueStoreState(client, ARN)).toEqual({
      status: '',
      reason: '',
      items: 0,
      size: 0,
      version: '',
    });
  });

  it.each([
    [refused('ResourceNotFoundException', 404), 'not-found', ARN],
    [
      refused('AccessDeniedException', 403),
      'access-denied',
      'cloudfront-keyvaluestore:DescribeKeyValueStore',
    ],
    [refused('InternalServerException', 500), 'store-failed', 'InternalServerException'],
  ])('cannot be told: %s', async (error, code, text) => {
    const { client, service } = mocked();
    service.on(DescribeKeyValueStoreCommand).rejects(error);
    await expect(readKeyValueStoreState(client, ARN)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });

  it('is asked for with a signature for all regions, at the address that belongs to the store', async () => {
    const client = connectKeyValueStores({});
    const sent: { headers: Record<string, string>; hostname: string }[] = [];
    client.config.credentials = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' });
    client.config.requestHandler = {
      handle: async (request: (typeof sent)[number]) => {
        sent.push(request);
        throw new Error('No network in tests');
      },
    } as unknown as typeof client.config.requestHandler;
    await expect(readKeyValueStoreState(client, ARN)).rejects.toThrow('No network');
    expect(sent[0]?.hostname).toMatch(/^123456789012\..*kvs/);
    expect(sent[0]?.headers['authorization']).toMatch(/^AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE\//);
    expect(sent[0]?.headers['x-amz-region-set']).toBe('*');
  });
});
