import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createContext, runInContext } from 'node:vm';
import { generateToken, hashOfToken } from '../../core/access/token.ts';
import { grantKey } from '../../core/edge/access.ts';

/** An edge function as it ships, in a realm of its own. */
export interface EdgeFunction {
  readonly bytes: number;
  /** Calls it so many times, one after the other, and gives the last answer. */
  readonly call: (event: object, times: number) => Promise<unknown>;
}

/** Built, by its name. */
export async function loadFunction(name: string, modules: object): Promise<EdgeFunction> {
  const source = await readFile(`dist/edge/${name}.js`, 'utf8');
  // Modules of the runtime are in the global scope here: V8 runs scripts, which import nothing.
  const script = source.replace(/^import (\w+) from "\1";$/gm, '');
  const context = createContext({ Buffer, ...modules });
  runInContext(script, context);
  const call = runInContext(
    `(async (event, times) => {
      let answer;
      for (let i = 0; i < times; i++) answer = await handler(JSON.parse(event));
      return answer;
    })`,
    context,
  ) as (event: string, times: number) => Promise<unknown>;
  return { bytes: Buffer.byteLength(source), call: (event, times) => call(JSON.stringify(event), times) };
}

/** What a private index asks of its runtime, with one token that is let in. */
export function oneToken(): { readonly modules: object; readonly authorization: string } {
  const token = generateToken();
  const sha256 = hashOfToken(token);
  const grants = new Map([[grantKey(sha256), JSON.stringify({ sha256 })]]);
  const store = {
    get: async (key: string): Promise<string> => {
      const grant = grants.get(key);
      if (grant === undefined) throw new Error(`There is no ${key}`);
      return grant;
    },
    exists: async (key: string): Promise<boolean> => grants.has(key),
  };
  const authorization = `Basic ${Buffer.from(`__token__:${token}`).toString('base64')}`;
  return { modules: { cloudfront: { kvs: () => store }, crypto: { createHash } }, authorization };
}
