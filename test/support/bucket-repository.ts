import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awsEnvironment } from './aws-environment.ts';
import type { KeyValueStoreContents } from './aws/key-value-store-contents.ts';
import type { Certificate } from './certificate.ts';
import type { Settings } from './cloudfront/synthesize.ts';
import { standInForCloudFront } from './cloudfront/stand-in.ts';
import { wheelstore } from './command.ts';
import type { BuiltFile } from './distributions.ts';
import { type Repository, type Served, sorted } from './published.ts';
import type { S3Server } from './s3-server.ts';

/** Where a repository is, and what it is served with. */
export interface BucketPlace {
  readonly s3: S3Server;
  readonly bucket: string;
  readonly certificate: Certificate;
  /** Of the stack. Its prefix is also where commands publish. */
  readonly settings?: Settings;
  /** What is in the key-value store of a private index. */
  readonly tokens?: KeyValueStoreContents;
}

/** A repository in a bucket: the built command publishes to it, and CloudFront's stand-in serves it. */
export class BucketRepository implements Repository {
  readonly #place: () => BucketPlace;

  /** @param place asked for when it is needed: a server starts before tests, not before they are named */
  constructor(place: () => BucketPlace) {
    this.#place = place;
  }

  async add(...files: readonly BuiltFile[]): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), 'wheelstore-test-'));
    try {
      const paths = files.map(({ filename }) => join(folder, filename));
      await Promise.all(files.map(({ bytes }, index) => writeFile(paths[index] ?? '', bytes)));
      return await this.addPaths(...paths);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async addPaths(...paths: readonly string[]): Promise<string[]> {
    const said = await this.run('upload', ...paths);
    return [...said.matchAll(/^warning: (.*)$/gm)].map(([, warning = '']) => warning);
  }

  async upload(...paths: readonly string[]): Promise<void> {
    await this.run('upload', ...paths);
  }

  async yank(name: string, version: string, reason: string): Promise<void> {
    await this.run('yank', name, version, '--reason', reason);
  }

  /**
   * Runs the built command in the bucket, and gives what it says beside its result.
   *
   * @throws where it fails
   */
  async run(...words: readonly string[]): Promise<string> {
    const { s3, bucket, settings } = this.#place();
    const prefix = settings?.['prefix'];
    const place = ['--bucket', bucket, ...(prefix === undefined ? [] : ['--prefix', prefix])];
    const options = [...place, '--s3-endpoint-url', s3.endpoint];
    const { code, stderr } = await wheelstore([...words, ...options], { env: awsEnvironment(s3) });
    if (code !== 0) throw new Error(`It ended with status ${code}: ${stderr}`);
    return stderr;
  }

  /** Every time a new edge location, which has nothing in its cache. */
  async serve(): Promise<Served> {
    const place = this.#place();
    const front = await standInForCloudFront(place);
    return {
      url: front.url,
      index: `${front.url}/simple/`,
      trust: ['--cert', place.certificate.certPath],
      finish: async () => {
        await front.close();
        const { viewers } = front.log;
        const lines = viewers.map(({ method, url, status }) => `${method} ${url} ${status}`);
        const objects = viewers.flatMap(({ uri }) =>
          uri === undefined ? [] : [decodeURIComponent(uri.slice(1))],
        );
        return { ...sorted(lines), objects };
      },
    };
  }
}
