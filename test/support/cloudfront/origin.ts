import { request as send } from 'node:http';
import type { S3Server } from '../s3-server.ts';
import {
  ALGORITHM,
  canonicalRequest,
  EMPTY_SHA256,
  scopeText,
  sha256,
  SigningKey,
  type Scope,
} from '../s3/sigv4.ts';
import type { Attempt, Context } from './bucket-policy.ts';
import { ACCOUNT, DISTRIBUTION_ID } from './intrinsics.ts';
import type { Distribution } from './model.ts';

/** What the origin has answered. */
export interface OriginAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What is true of every request of an origin access control, for the policy of the bucket. */
const CONTEXT: Context = {
  'aws:sourcearn': `arn:aws:cloudfront::${ACCOUNT}:distribution/${DISTRIBUTION_ID}`,
  'aws:securetransport': 'true',
  's3:tlsversion': '1.3',
};

/** What is of the connection, and what CloudFront takes from answers of S3. */
const NOT_FORWARDED = ['connection', 'keep-alive', 'date', 'x-amz-request-id', 'x-amz-id-2'];

const DENIED: OriginAnswer = {
  status: 403,
  headers: new Map([['content-type', 'application/xml']]),
  body: Buffer.from('<Error><Code>AccessDenied</Code></Error>'),
};

/**
 * The bucket as CloudFront reaches it: signed requests, and nothing but what the policy of the bucket
 * lets the distribution do. The server behind it trusts whoever signs, so the policy is judged here.
 */
export class Origin {
  readonly #server: S3Server;
  readonly #distribution: Distribution;

  constructor(server: S3Server, distribution: Distribution) {
    this.#server = server;
    this.#distribution = distribution;
  }

  /**
   * @param uri the path in the repository, percent-encoded
   * @throws where the connection breaks
   */
  async get(uri: string, ifNoneMatch?: string): Promise<OriginAnswer> {
    const { bucket, originPath, policy } = this.#distribution;
    // S3 reads a plus as a space.
    const path = decodeURIComponent(`${originPath}${uri}`.replaceAll('+', '%20'));
    const allows = (attempt: Attempt): boolean => policy.allows(attempt, CONTEXT);
    const resource = `arn:aws:s3:::${bucket}`;
    if (!allows({ action: 's3:GetObject', resource: `${resource}${path}` })) return DENIED;
    const answer = await this.#ask(`/${bucket}${path}`, ifNoneMatch);
    // S3 tells that a key is absent only to who may list.
    const isHidden = answer.status === 404 && !allows({ action: 's3:ListBucket', resource });
    return isHidden ? DENIED : answer;
  }

  #ask(path: string, ifNoneMatch: string | undefined): Promise<OriginAnswer> {
    const { host, hostname, port } = new URL(this.#server.endpoint);
    const headers = this.#signed(path, host);
    if (ifNoneMatch !== undefined) headers['if-none-match'] = ifNoneMatch;
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return new Promise((resolve, reject) => {
      const request = send({ hostname, port, path: encoded, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const pairs = Object.entries(response.headers).filter(([name]) => !NOT_FORWARDED.includes(name));
          resolve({
            status: response.statusCode ?? 0,
            headers: new Map(pairs.map(([name, value]) => [name, String(value)])),
            body: Buffer.concat(chunks),
          });
        });
      });
      request.on('error', reject).end();
    });
  }

  #signed(path: string, host: string): Record<string, string> {
    const { accessKeyId, secretAccessKey } = this.#server.credentials;
    const time = new Date().toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
    const scope: Scope = {
      date: time.slice(0, 8),
      region: this.#server.region,
      service: 's3',
      terminator: 'aws4_request',
    };
    const headers = { host, 'x-amz-content-sha256': EMPTY_SHA256, 'x-amz-date': time };
    const names = Object.keys(headers).sort();
    const signable = { method: 'GET', path, parameters: [], headers: new Map(Object.entries(headers)) };
    const canonical = canonicalRequest(signable, names, EMPTY_SHA256);
    const lines = [ALGORITHM, time, scopeText(scope), sha256(canonical)];
    const signature = new SigningKey(secretAccessKey, scope).sign(lines);
    const credential = `${accessKeyId}/${scopeText(scope)}`;
    const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return { ...headers, authorization };
  }
}
