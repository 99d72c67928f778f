import type { Credentials } from '../../../core/edge/credentials.ts';

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What is to be read in a header, and what the header is an example of. */
export const HEADERS: readonly [
  what: string,
  header: string | undefined,
  expected: Credentials | undefined,
][] = [
  ['those of RFC 7617', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', { user: 'Aladdin', password: 'open sesame' }],
  ['those with a pound sign', 'Basic dGVzdDoxMjPCow==', { user: 'test', password: '123\u00a3' }],
  ['those without a user', `Basic ${base64(':p')}`, { user: '', password: 'p' }],
  ['those without a password', `Basic ${base64('u:')}`, { user: 'u', password: '' }],
  ['a password with colons', `Basic ${base64('u:a:b:')}`, { user: 'u', password: 'a:b:' }],
  ['a scheme in another case', `bAsIc ${base64('u:p')}`, { user: 'u', password: 'p' }],
  ['several spaces', `Basic   ${base64('u:p')}  `, { user: 'u', password: 'p' }],
  ['no padding', 'Basic dTpwcA', { user: 'u', password: 'pp' }],
  ['no header', undefined, undefined],
  ['an empty header', '', undefined],
  ['the scheme alone', 'Basic', undefined],
  ['the scheme and a space', 'Basic ', undefined],
  ['no space', `Basic${base64('u:p')}`, undefined],
  ['a tab', `Basic\t${base64('u:p')}`, undefined],
  ['no colon', `Basic ${base64('up')}`, undefined],
  ['what is not base64', 'Basic u:p', undefined],
  ['base64 for URLs', `Basic ${base64('??>>:p??>').replaceAll('+', '-').replaceAll('/', '_')}`, undefined],
  ['a gap', `Basic ${base64('user').slice(0, 4)} ${base64('a:pp')}`, undefined],
  ['something behind the padding', 'Basic dTpw=x', undefined],
  ['two headers in one', `Basic ${base64('u:p')}, Basic ${base64('v:q')}`, undefined],
  ['another scheme', `Bearer ${base64('u:p')}`, undefined],
  ['a scheme that begins like it', `Basics ${base64('u:p')}`, undefined],
  ['a space in front', ` Basic ${base64('u:p')}`, undefined],
  ['a letter that only looks like it', `Ba\u017fic ${base64('u:p')}`, undefined],
  ['the word for no header', 'undefined', undefined],
];
