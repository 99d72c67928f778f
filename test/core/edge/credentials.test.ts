import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Credentials, credentialsIn } from '../../../core/edge/credentials.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Of any length and language, but without halves of surrogate pairs, which UTF-8 cannot write. */
const text = fc.string({ unit: 'grapheme' });
const userName = text.map((one) => one.replaceAll(':', ''));

describe('The credentials in a header', () => {
  it.each<[what: string, header: string | undefined, expected: Credentials | undefined]>([
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
  ])('are %s', (_what, header, expected) => {
    expect(credentialsIn(header)).toEqual(expected);
  });

  it('are those that a client has put there, whatever they are', () => {
    const scheme = fc.mixedCase(fc.constant('basic'));
    fc.assert(
      fc.property(scheme, userName, text, (name, user, password) => {
        const header = `${name} ${base64(`${user}:${password}`)}`;
        expect(credentialsIn(header)).toEqual({ user, password });
      }),
    );
  });

  it('are read as another decoder reads them, or not at all', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'ABZabz0189+/=:, -_\n%') });
    const word = fc.oneof(digits, text.map(base64), text);
    const scheme = fc.constantFrom('Basic', 'basic', 'BASIC', 'Bearer', 'Digest', '', 'Basicx');
    const headers = fc
      .tuple(scheme, fc.constantFrom(' ', '  ', '', '\t'), word)
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(headers, (header) => {
        expect(credentialsIn(header)).toEqual(asReadElsewhere(header));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** RFC 7617 again, with the decoder of browsers in place of Node's. */
function asReadElsewhere(header: string): Credentials | undefined {
  const space = header.indexOf(' ');
  if (space < 0 || header.slice(0, space).toLowerCase() !== 'basic') return undefined;
  const word = header.slice(space).replace(/^ +| +$/g, '');
  const digits = word.replace(/=+$/, '');
  if (digits === '' || [...digits].some((one) => !/^[A-Za-z0-9+/]$/.test(one))) return undefined;
  // One digit more than a multiple of four says nothing.
  const whole = digits.length % 4 === 1 ? digits.slice(0, -1) : digits;
  const bytes = Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
  const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const [user = '', ...rest] = decoded.split(':');
  return rest.length === 0 ? undefined : { user, password: rest.join(':') };
}
