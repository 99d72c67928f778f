import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Credentials, credentialsIn } from '../../../core/edge/credentials.ts';
import { base64, HEADERS } from './credentials-table.ts';

/** Of any length and language, but without halves of surrogate pairs, which UTF-8 cannot write. */
const text = fc.string({ unit: 'grapheme' });
const userName = text.map((one) => one.replaceAll(':', ''));

describe('The credentials in a header', () => {
  it.each(HEADERS)('are %s', (_what, header, expected) => {
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
