import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import { measure, type Measured } from './measure.ts';

const CALLS = 20_000;

const REQUESTS = {
  'project page for pip': {
    uri: '/simple/foo/',
    accept:
      'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01',
  },
  'a file': { uri: '/files/foo/0123456789abcdef/foo-1.0%2Bcu121-py3-none-any.whl', accept: '*/*' },
  'a redirect': { uri: '/simple/Foo_Bar', accept: '*/*' },
};

/** 20,000 calls of the function that ships, as it ships. */
export async function measureEdge(): Promise<Measured[]> {
  const handler = runInNewContext(`${await readFile('dist/edge/viewer-request.js', 'utf8')}; handler`) as (
    event: object,
  ) => unknown;
  return measure(
    Object.entries(REQUESTS).map(([name, { uri, accept }]) => ({
      name: `${name} (${CALLS.toLocaleString('en')} calls)`,
      run: async () => {
        for (let i = 0; i < CALLS; i++) {
          const headers = { accept: { value: accept }, 'accept-encoding': { value: 'gzip, deflate' } };
          await handler({ request: { method: 'GET', uri, querystring: {}, headers } });
        }
      },
    })),
  );
}
