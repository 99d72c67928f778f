import { createHash } from 'node:crypto';
import { runInContext } from 'node:vm';
import type { EdgeCopy } from './edge-copy.ts';

/** What a function of the runtime 2.0 can ask for beside the language. */
export interface FunctionHost {
  /** In milliseconds. */
  readonly now: () => number;
  /** Of the key-value store that the function is associated with. */
  readonly tokens?: EdgeCopy | undefined;
}

/**
 * What runs in the function's own realm, and hands nothing but texts to ours: an object of this realm
 * would bring methods along that the runtime lacks. Whatever a function does not use today is missing.
 */
const GLUE = `(function (host) {
  const text = (value, what) => {
    if (typeof value !== 'string') throw new TypeError(what + ' is no text');
    return value;
  };
  const answer = (ask) => new Promise((resolve, reject) => {
    const failure = ask(resolve);
    if (failure !== undefined) reject(new Error(failure));
  });
  const store = {
    get: (key) => answer((resolve) => host.get(text(key, 'A key'), (value) => resolve(value))),
    exists: (key) => answer((resolve) => host.exists(text(key, 'A key'), (value) => resolve(value))),
  };
  const modules = {
    cloudfront: {
      kvs: () => {
        if (!host.hasStore()) throw new Error('The function is associated with no key-value store');
        return store;
      },
    },
    crypto: {
      createHash: (algorithm) => {
        if (algorithm !== 'sha256') throw new TypeError('Another algorithm than sha256');
        return { update: (data) => ({ digest: (encoding) => {
          if (encoding !== 'hex') throw new TypeError('Another encoding than hex');
          return host.sha256(text(data, 'What is hashed'));
        } }) };
      },
    },
  };
  Date.now = () => host.now();
  globalThis.Buffer = {
    from: (data, encoding) => {
      if (encoding !== 'base64') throw new TypeError('Another encoding than base64');
      return { toString: () => host.fromBase64(text(data, 'What is decoded')) };
    },
  };
  return modules;
})`;

/** Calls back with what `read` gives; gives what it has thrown. */
function asked<T>(read: () => T, done: (value: T) => void): string | undefined {
  try {
    done(read());
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** The modules of the runtime, as objects of the realm `context`, whose clock and `Buffer` are made too. */
export function runtimeModules(context: object, { now, tokens }: FunctionHost): Record<string, unknown> {
  const host = {
    now,
    hasStore: () => tokens !== undefined,
    get: (key: string, done: (value: string) => void) => asked(() => tokens?.get(key) ?? '', done),
    exists: (key: string, done: (value: boolean) => void) => asked(() => tokens?.exists(key) ?? false, done),
    sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
    fromBase64: (text: string) => Buffer.from(text, 'base64').toString(),
  };
  const glue = runInContext(GLUE, context) as (host: object) => Record<string, unknown>;
  return glue(host);
}
