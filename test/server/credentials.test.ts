import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialsOf } from '../../server/access/credentials.ts';
import { basic } from './access-table.ts';

function inLatin1(text: string): string {
  return `Basic ${Buffer.from(text, 'latin1').toString('base64')}`;
}

describe('The credentials of a header', () => {
  it('are whatever was sent in UTF-8, colons in the password included', () => {
    const user = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes(':'));
    fc.assert(
      fc.property(user, fc.string({ unit: 'grapheme' }), (name, password) => {
        expect(credentialsOf(basic(name, password))).toEqual({ user: name, password });
      }),
    );
  });

  it.each(['anna:grün', 'Ännchen:secret', 'anna:\u00a3\u00bf', 'anna:a:\u00fc'])(
    'may be Latin-1, as pip sends them: %s',
    (text) => {
      const [user, ...password] = text.split(':');
      expect(credentialsOf(inLatin1(text))).toEqual({ user, password: password.join(':') });
      expect(credentialsOf(inLatin1(text).replace('Basic ', 'basic   '))).toEqual(
        credentialsOf(inLatin1(text)),
      );
    },
  );

  it('are UTF-8 wherever they can be', () => {
    expect(credentialsOf(basic('anna', '\ufffd'))).toEqual({ user: 'anna', password: '\ufffd' });
    expect(credentialsOf(inLatin1('anna:Ã¼'))).toEqual({ user: 'anna', password: 'ü' });
  });

  it.each([undefined, '', 'Basic', 'Basic !', 'Bearer YTpi', inLatin1('ünna')])(
    'are none in %j',
    (header) => {
      expect(credentialsOf(header)).toBeUndefined();
    },
  );
});
