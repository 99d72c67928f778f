import { loadFunction, oneToken, type EdgeFunction } from '../frame/functions.ts';
import { mostGoal } from '../frame/goals.ts';
import { measure } from '../frame/measure.ts';
import type { Contestant, Group, Part, Setting } from '../frame/part.ts';

/** The quota of CloudFront Functions, in bytes. */
const LARGEST = 10_240;

const PIP =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01';

const REQUESTS = {
  'project page for pip': { uri: '/simple/foo/', accept: PIP },
  'a file': { uri: '/files/foo/0123456789abcdef/foo-1.0%2Bcu121-py3-none-any.whl', accept: '*/*' },
  'a redirect': { uri: '/simple/Foo_Bar', accept: '*/*' },
};

/** The functions that CloudFront calls for each request, in V8: CloudFront's own engine is slower. */
export const edge: Part = {
  title: 'The edge functions',
  run: async (setting) => {
    const { modules, authorization } = oneToken();
    const open = await loadFunction('viewer-request', {});
    const closed = await loadFunction('private-viewer-request', modules);
    const groups: Group[] = [];
    for (const [what, { uri, accept }] of Object.entries(REQUESTS)) {
      const headers = { accept: { value: accept }, 'accept-encoding': { value: 'gzip, deflate' } };
      const withToken = { ...headers, authorization: { value: authorization } };
      const eventOf = (all: object): object => ({
        request: { method: 'GET', uri, querystring: {}, headers: all },
      });
      groups.push(
        await measure(setting, `one call: ${what}`, [
          calling(setting, 'for everyone', open, eventOf(headers)),
          calling(setting, 'private, with a token', closed, eventOf(withToken)),
        ]),
      );
    }
    return {
      groups,
      goals: [
        mostGoal(`public: at most ${LARGEST} bytes`, open.bytes, LARGEST, 'bytes'),
        mostGoal(`private: at most ${LARGEST} bytes`, closed.bytes, LARGEST, 'bytes'),
      ],
      notMeasured: [],
    };
  },
};

function calling({ size }: Setting, name: string, { call }: EdgeFunction, event: object): Contestant {
  const times = size(20_000, 100);
  return {
    name,
    run: async () => {
      const started = performance.now();
      const answer = await call(event, times);
      const milliseconds = (performance.now() - started) / times;
      // Who is not let in is answered sooner.
      if ((answer as { readonly statusCode?: number }).statusCode === 401) throw new Error('401 at the edge');
      return { milliseconds };
    },
  };
}
