import { AwsError } from './error.ts';
import type { KeyValue, KeyValueStoreContents } from './key-value-store-contents.ts';

/** The key-value stores of CloudFront that an endpoint has. */
export interface KeyValueStores {
  /** By their ARNs. */
  readonly keyValueStores: Map<string, KeyValueStoreContents>;
  /** How many keys a page of a listing has at most; few, so that there are several. */
  keysPerPage: number;
  /**
   * How a version that is none any more is refused: as CloudFront does it, or as its reference says (409,
   * ConflictException).
   */
  staleVersion: 'Pre-Condition failed' | 'ConflictException';
  /** What answers wait for, which makes the order of things certain. */
  gate: Promise<unknown>;
}

export interface KeyValueCall {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly ifMatch: string | undefined;
  readonly body: string;
}

export interface KeyValueAnswer {
  readonly etag?: string;
  readonly document: object;
}

/** What a request asks for; `undefined` where it can ask for nothing. */
function operationOf(method: string, isOfKeys: boolean, key: string | undefined): string | undefined {
  if (!isOfKeys) return method === 'GET' ? 'DescribeKeyValueStore' : undefined;
  if (key === undefined) return { GET: 'ListKeys', POST: 'UpdateKeys' }[method];
  return { GET: 'GetKey', PUT: 'PutKey', DELETE: 'DeleteKey' }[method];
}

/**
 * What the API of CloudFront's key-value stores answers.
 *
 * @param enter may refuse an operation before it has any effect
 * @param leave the same, after it took effect
 */
export function serveKeyValueStore(
  stores: KeyValueStores,
  enter: (operation: string) => void,
  leave: (operation: string) => void,
  call: KeyValueCall,
): KeyValueAnswer {
  const { pathname, searchParams } = new URL(call.url, 'http://localhost');
  const [, , arn = '', keys, key] = pathname.split('/').map(decodeURIComponent);
  const operation = operationOf(call.method, keys === 'keys', key);
  if (operation === undefined) throw new AwsError(404, 'UnknownOperationException', pathname);
  enter(operation);
  const store = stores.keyValueStores.get(arn);
  if (store === undefined) throw new AwsError(404, 'ResourceNotFoundException', 'Resource was not found.');
  const answer = answerTo(operation, stores, store, { ...call, key, query: searchParams, arn });
  leave(operation);
  return answer;
}

function answerTo(
  operation: string,
  stores: KeyValueStores,
  store: KeyValueStoreContents,
  call: KeyValueCall & { key: string | undefined; query: URLSearchParams; arn: string },
): KeyValueAnswer {
  const { key = '' } = call;
  const body = call.body === '' ? {} : (JSON.parse(call.body) as Body);
  const change = (puts: readonly KeyValue[], deletes: readonly string[]): KeyValueAnswer => {
    update(stores, store, call.ifMatch, puts, deletes);
    return { etag: store.etag, document: totalsOf(store) };
  };
  if (operation === 'ListKeys') return { document: page(stores, store, call.query) };
  if (operation === 'GetKey') {
    const value = store.get(key);
    if (value === undefined) throw new AwsError(404, 'ResourceNotFoundException', 'Resource was not found.');
    return { document: { Key: key, Value: value, ...totalsOf(store) } };
  }
  if (operation === 'PutKey') return change([[key, body.Value ?? '']], []);
  if (operation === 'DeleteKey') return change([], [key]);
  if (operation === 'UpdateKeys') {
    const puts = (body.Puts ?? []).map(({ Key, Value }): KeyValue => [Key, Value]);
    return change(
      puts,
      (body.Deletes ?? []).map(({ Key }) => Key),
    );
  }
  const times = { Created: 1_760_000_000, LastModified: 1_760_000_000 };
  return { etag: store.etag, document: { ...totalsOf(store), ...times, KvsARN: call.arn, Status: 'READY' } };
}

interface Body {
  readonly Value?: string;
  readonly Puts?: readonly { readonly Key: string; readonly Value: string }[];
  readonly Deletes?: readonly { readonly Key: string }[];
}

function totalsOf(store: KeyValueStoreContents): object {
  return { ItemCount: store.entries().length, TotalSizeInBytes: store.size };
}

function page({ keysPerPage }: KeyValueStores, store: KeyValueStoreContents, query: URLSearchParams): object {
  const wanted = Number(query.get('MaxResults') ?? 10);
  if (!(wanted >= 1 && wanted <= 50)) throw new AwsError(400, 'ValidationException', 'MaxResults is 1 to 50');
  const after = query.get('NextToken') ?? '';
  const left = store.entries().filter(([name]) => name > after);
  const items = left.slice(0, Math.min(wanted, keysPerPage)).map(([Key, Value]) => ({ Key, Value }));
  const last = items.at(-1)?.Key;
  return { Items: items, ...(left.length > items.length ? { NextToken: last } : {}) };
}

function update(
  { staleVersion }: KeyValueStores,
  store: KeyValueStoreContents,
  ifMatch: string | undefined,
  puts: readonly KeyValue[],
  deletes: readonly string[],
): void {
  if (ifMatch === undefined) throw new AwsError(400, 'ValidationException', 'If-Match is missing');
  try {
    store.update(ifMatch, puts, deletes);
  } catch (error) {
    const isStale = error instanceof AwsError && error.code === 'ConflictException';
    if (!isStale || staleVersion === 'ConflictException') throw error;
    throw new AwsError(400, 'ValidationException', staleVersion);
  }
}
