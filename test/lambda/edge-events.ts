import fc from 'fast-check';
import { hashOfToken } from '../../core/access/token.ts';
import { grantKey } from '../../core/edge/access.ts';
import type { EdgeRequest } from '../../core/edge/decide.ts';
import { base64, HEADERS } from '../core/edge/credentials-table.ts';
import { ROUTES } from '../core/edge/routing-table.ts';
import type { KeyValueStoreContents } from '../support/aws/key-value-store-contents.ts';
import { entry, type FunctionRequest } from '../support/cloudfront/viewer-function.ts';
import type { NjsCall } from '../support/njs.ts';
import { basic, giveToken, revokeToken } from '../support/readers.ts';
import { eventRequest, get, STRANGE_GRANTS } from './edge-functions.ts';

/** The functions run as of this moment. */
export const NOW = Date.parse('2026-06-01T12:00:00Z');

/** Calls of one kind, by what they are about. */
export type Calls = Readonly<Record<string, readonly NjsCall[]>>;

/** How many calls are made up. */
const SAMPLE = 400;

/** Tokens with all that a grant can have. */
function someTokens(tokens: KeyValueStoreContents): string[] {
  const revoked = giveToken(tokens);
  revokeToken(tokens, revoked);
  return [
    giveToken(tokens),
    giveToken(tokens, { projects: ['foo', 'a*-core', '*x*y*'] }),
    giveToken(tokens, { expires: '2026-06-01T12:00:00Z' }),
    giveToken(tokens, { expires: '2026-06-01T12:00:01Z', projects: ['*'] }),
    revoked,
  ];
}

function strangeTokens(tokens: KeyValueStoreContents): string[] {
  return STRANGE_GRANTS.map((value) => {
    const token = giveToken(tokens);
    const sha256 = hashOfToken(token);
    tokens.update(tokens.etag, [[grantKey(sha256), value.replaceAll('HASH', sha256)]]);
    return token;
  });
}

/** Bytes that are no UTF-8, or that one decoder may skip and another not. */
const BYTES = [
  [],
  [0],
  [0x80],
  [0xc0, 0x80],
  [0xc3],
  [0xc3, 0xa9],
  [0xe2, 0x82],
  [0xe9],
  [0xed, 0xa0, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x9f, 0x98, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xff],
];

/** Headers with a token that is good, around which something else may be wrong. */
function headersWith(token: string): string[] {
  const inBytes = (before: readonly number[], after: readonly number[]): string =>
    `Basic ${Buffer.concat([Buffer.from(before), Buffer.from(`:${token}`), Buffer.from(after)]).toString('base64')}`;
  return [
    ...BYTES.flatMap((bytes) => [inBytes(bytes, []), inBytes([], bytes)]),
    basic(token, '', 'bAsIc'),
    basic(token, 'x', 'Bearer'),
    basic(`${token}\n`),
    basic(` ${token}`),
    basic('', token),
    `${basic(token)}  `,
    basic(token).replace(' ', '    '),
    basic(token).replace(/=*$/, ''),
    `${basic(token)}, ${basic(token)}`,
  ];
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const PATH_PARTS = [
  ...words(String.raw`/ /simple/ simple /files/ foo Foo a-core axby 0123456789abcdef index.html index.json.gz .whl
    . .. - _ A ~ ! ( ' * + ? # \ % %2e %2F %5c %00 %0a %7f %2B %C2%80 %C3%A9 %ff %ed%a0%80 %E2%84%AA %F0%9F%98%80
    %C5%BF`),
  // The middle ones are folded into ASCII by `i`, or by lower case.
  '\u00e9',
  '\u212a',
  '\u017f',
  '\u0130',
  ' ',
  '\n',
  '\0',
];

// No line ends, which no header has: `$` of PCRE matches in front of a last one.
const HEADER_PARTS = [
  ...words(`*/* text/html text/* application/* application/vnd.pypi.simple.v1+json
    application/vnd.pypi.simple.latest+json APPLICATION/VND.PYPI.SIMPLE.V1+HTML gzip x-gzip identity * "a,b" "
    ;q=0.5 ;q= ;q=1.5 ;q=.3 ;q=1e3 ;q=1. ;charset=utf-8 , % %2B`),
  ';Q = 0',
  ' ',
  '\t',
  '\u00e9',
  '\u00a0',
];

function joined(parts: readonly string[], maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...parts), { maxLength }).map((some) => some.join(''));
}

function authorizations(readers: readonly string[]): fc.Arbitrary<string | undefined> {
  const credentials = fc.tuple(fc.constantFrom(...readers), fc.string({ unit: 'grapheme' }));
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...readers).map((token) => basic(token)) },
    fc.constant(undefined),
    credentials.map(([token, user]) => basic(token, user)),
    credentials.map(([token, more]) => basic(token + more)),
    fc.uint8Array().map((bytes) => `Basic ${Buffer.from(bytes).toString('base64')}`),
    joined(['Basic', 'basic', ' ', '=', 'A', '/', '+', 'Zm9v', base64('u:p'), '\u00e9'], 8),
  );
}

/** Requests that nobody has thought of: others in each run, but as many. */
function madeUp(readers: readonly string[]): FunctionRequest[] {
  const header = fc.option(joined(HEADER_PARTS, 8), { nil: undefined });
  const request = fc.record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'get', ''),
    path: fc
      .tuple(fc.constantFrom('', '/', '/simple/', '/files/foo/0123456789abcdef/'), joined(PATH_PARTS, 5))
      .map((parts) => parts.join('')),
    query: joined(['format=', '=', '&', 'a', '1', '__proto__', '%0d', ...HEADER_PARTS], 4),
    accept: header,
    acceptEncoding: header,
  });
  const event = fc
    .tuple(request, authorizations(readers))
    .map(([asked, authorization]) => eventRequest(asked, authorization));
  return fc.sample(event, SAMPLE);
}

function twice(values: readonly string[]): FunctionRequest {
  const event = eventRequest(get('/simple/foo/'));
  event.headers['authorization'] = entry(values);
  return event;
}

const asCalls = (requests: readonly FunctionRequest[]): NjsCall[] => requests.map((request) => ({ request }));

/** Calls of the function of a public index. */
export function publicCalls(): Calls {
  return {
    'what the routing table has': asCalls(ROUTES.map(({ request }) => eventRequest(request))),
    'what is made up': asCalls(madeUp(['secret'])),
  };
}

/** Calls of the function of a private index, for which tokens are made. */
export function privateCalls(tokens: KeyValueStoreContents): Calls {
  const readers = someTokens(tokens);
  const [right = ''] = readers;
  const page = (header: string | undefined): FunctionRequest => eventRequest(get('/simple/foo/'), header);
  const everyone = [undefined, ...readers.map((token) => basic(token))];
  const routes = ROUTES.flatMap(({ request }: { readonly request: EdgeRequest }) =>
    everyone.map((header) => eventRequest(request, header)),
  );
  const failing = (['reading', 'everything', 'no store'] as const).flatMap((failure) =>
    [...everyone, basic('secret')].map((header) => ({ request: page(header), failure })),
  );
  return {
    'what the routing table has, for everyone': asCalls(routes),
    'headers of all kinds': asCalls([
      ...HEADERS.map(([, header]) => page(header)),
      ...headersWith(right).map(page),
      twice([basic(right), basic(right)]),
    ]),
    'grants that were written by something else': asCalls(
      strangeTokens(tokens).map((token) => page(basic(token))),
    ),
    'a store that fails': failing,
    'what is made up': asCalls(madeUp(readers)),
  };
}
