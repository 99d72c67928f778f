// Registers how requests are signed for a service that is in no region (SigV4A).
// oxlint-disable-next-line import/no-unassigned-import
import '@aws-sdk/signature-v4a';
import {
  CloudFrontKeyValueStoreClient,
  ListKeysCommand,
  UpdateKeysCommand,
} from '@aws-sdk/client-cloudfront-keyvaluestore';
import { type Grant, parseGrant, serializeGrant } from '../../core/access/grant.ts';
import {
  LARGEST_CHANGE,
  type GrantChange,
  type GrantSnapshot,
  type GrantStore,
} from '../../core/access/grant-store.ts';
import { grantKey } from '../../core/edge/access.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { clientSettings, type AwsAccess } from './connect.ts';
import { describeKeyValueStoreFailure, notReady, saysLost } from './key-value-store-failures.ts';
import { readKeyValueStoreState, type KeyValueStoreState } from './key-value-store-state.ts';

/** The one thing that is needed of the SDK's client. */
export type KeyValueStoreSender = Pick<CloudFrontKeyValueStoreClient, 'send'>;

/** As many keys as one answer can have. */
const PAGE_SIZE = 50;

/** What the keys of all grants begin with. Others can be there as well, and are left alone. */
const KEYS = grantKey('');

/** Somebody would have to change the tokens each time that they are read. */
const MOST_READS = 50;

/** A client for all key-value stores: each of its requests names one. */
export function connectKeyValueStores(access: AwsAccess): CloudFrontKeyValueStoreClient {
  // It has one endpoint for all the world.
  const client = new CloudFrontKeyValueStoreClient({ ...clientSettings(access), region: 'us-east-1' });
  const { endpointProvider } = client.config;
  client.config.endpointProvider = (parameters, context) => {
    const { Endpoint: endpoint } = parameters;
    if (endpoint === undefined) return endpointProvider(parameters, context);
    // The SDK would put the number of the account before the host, which not every host can bear.
    return { url: new URL(endpoint), properties: { authSchemes: [SIGNING] } };
  };
  return client;
}

/** As the SDK signs for CloudFront itself. */
const SIGNING = {
  name: 'sigv4a',
  signingName: 'cloudfront-keyvaluestore',
  signingRegion: '*',
  signingRegionSet: ['*'],
  properties: {},
};

/** Grants in a key-value store of CloudFront, where its functions look them up. */
export class KeyValueStoreGrants implements GrantStore {
  readonly description: string;
  readonly #client: KeyValueStoreSender;
  readonly #arn: string;

  constructor(client: KeyValueStoreSender, arn: string) {
    this.#client = client;
    this.#arn = arn;
    this.description = `key-value store ${arn.slice(arn.lastIndexOf('/') + 1)}`;
  }

  /** @throws {WheelstoreError} `not-found`, `access-denied`, and what else asking AWS can come to */
  readState(): Promise<KeyValueStoreState> {
    return readKeyValueStoreState(this.#client, this.#arn);
  }

  async read(): Promise<GrantSnapshot> {
    // First the version: if anything changes while keys are listed, a write for this version is lost.
    let version = await this.#readVersion();
    for (let reads = 0; reads < MOST_READS; reads++) {
      const { grants, pages } = await this.#list();
      if (pages === 1) return { grants, version };
      // Of several pages, each may be of another version, and a grant that moves be on none of them.
      const since = version;
      version = await this.#readVersion();
      if (version === since) return { grants, version };
    }
    throw new WheelstoreError('contention', `The ${this.description} changes all the time`, {
      value: this.#arn,
      fix: 'Run the same command again when fewer others change tokens.',
    });
  }

  async write({ version }: GrantSnapshot, { put, remove }: GrantChange): Promise<boolean> {
    const puts = put.map((grant) => ({ Key: grantKey(grant.sha256), Value: serializeGrant(grant) }));
    const deletes = remove.map(({ sha256 }) => ({ Key: grantKey(sha256) }));
    const size = puts.length + deletes.length;
    if (size > LARGEST_CHANGE) throw tooLarge(this.#arn, size);
    const command = new UpdateKeysCommand({
      KvsARN: this.#arn,
      IfMatch: version,
      Puts: puts,
      Deletes: deletes,
    });
    try {
      await this.#client.send(command);
      return true;
    } catch (error) {
      if (saysLost(error)) return false;
      throw describeKeyValueStoreFailure(error, 'UpdateKeys', this.#arn);
    }
  }

  async #list(): Promise<{ readonly grants: readonly Grant[]; readonly pages: number }> {
    const grants: Grant[] = [];
    let pages = 0;
    let next: string | undefined;
    do {
      const command = new ListKeysCommand({ KvsARN: this.#arn, MaxResults: PAGE_SIZE, NextToken: next });
      const { Items: items = [], NextToken } = await this.#client.send(command).catch((error: unknown) => {
        throw describeKeyValueStoreFailure(error, 'ListKeys', this.#arn);
      });
      for (const { Key: key = '', Value: value = '' } of items) {
        if (key.startsWith(KEYS)) grants.push(this.#parse(key, value));
      }
      next = NextToken;
      pages += 1;
    } while (next !== undefined && next !== '');
    return { grants, pages };
  }

  async #readVersion(): Promise<string> {
    const { status, version } = await this.readState();
    if (status === 'PROVISIONING') throw notReady({ value: this.#arn });
    if (version !== '') return version;
    throw new WheelstoreError('store-failed', "CloudFront's answer to DescribeKeyValueStore has no ETag", {
      value: this.#arn,
      fix: 'Run the same command again; look for a proxy that changes answers if it happens often.',
    });
  }

  /** @throws {WheelstoreError} `corrupt-record` */
  #parse(key: string, value: string): Grant {
    return parseGrant(key, value, (what) => {
      throw new WheelstoreError(
        'corrupt-record',
        `The value of ${quote(key)} in the ${this.description} is damaged: ${what}`,
        {
          value: key,
          fix: `Delete this key in the console of AWS, or with "aws cloudfront-keyvaluestore delete-key"; a token that it was of ends with it.`,
        },
      );
    });
  }
}

function tooLarge(arn: string, size: number): WheelstoreError {
  return new WheelstoreError(
    'store-failed',
    `${size} tokens are to be changed together, and CloudFront takes ${LARGEST_CHANGE}`,
    { value: arn, fix: 'Revoke the tokens of this name first: wheelstore token revoke NAME' },
  );
}
