import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../../core/access/mask.ts';
import { generateToken } from '../../../core/access/token.ts';

const someToken = fc.noShrink(fc.constant(undefined).map(generateToken));

describe('What is masked', () => {
  it('is every token, wherever it stands', () => {
    const beside = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(beside, someToken, beside, (before, token, after) => {
        for (const text of [before + token + after, JSON.stringify({ [before]: token }), encodeURI(token)]) {
          expect(maskSecrets(text)).not.toContain(token.slice(4));
        }
      }),
    );
  });

  it('is a token that somebody has cut, as long as what is missing can be guessed', () => {
    fc.assert(
      fc.property(someToken, fc.integer({ min: 20, max: 53 }), (token, length) => {
        expect(maskSecrets(`"${token.slice(0, length)}…"`)).toBe('"wst_***…"');
      }),
    );
  });

  it('is a token that was normalized like the name of a project, or written into a URL', () => {
    const token = generateToken();
    for (const text of [
      token.toLowerCase(),
      token.replace('_', '-').toLowerCase(),
      token.replace('_', '%5F'),
    ]) {
      expect(maskSecrets(text)).toBe('wst_***');
    }
  });

  it('is user and password in a header, in any case', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z_]{1,10}$/),
        fc.stringMatching(/^[!-~]{1,40}$/),
        (user, password) => {
          const encoded = Buffer.from(`${user}:${password}`).toString('base64');
          for (const text of [`Authorization: Basic ${encoded}`, `{"authorization":"basic ${encoded}"}`]) {
            expect(maskSecrets(text)).not.toContain(encoded);
          }
          expect(maskSecrets(`BASIC ${encoded} x`)).toBe('BASIC *** x');
        },
      ),
    );
  });

  it.each([
    ['Authorization: Bearer abc', 'Authorization: Bearer ***'],
    ['authorization=Basic !!! x', 'authorization=Basic *** x'],
    ['bearer eyJhbGciOiJIUzI1NiJ9.e30.abc', 'bearer ***'],
    ['https://me:secret@example.com/simple/', 'https://me:***@example.com/simple/'],
    ['https://me:p@ss@example.com/', 'https://me:***@example.com/'],
    ['https://:secret@example.com/', 'https://:***@example.com/'],
    ['https://me:TOKEN@secret@example.com/', 'https://me:***@example.com/'],
    ['HTTPS://me:password@example.com/', 'HTTPS://me:***@example.com/'],
    ['https://me:TOKENS@example.com/', 'https://me:***@example.com/'],
    ['"https://__token__:secret@example.com"', '"https://__token__:***@example.com"'],
  ])('is the secret of %j', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  it.each([
    'wst_tools-1.0-py3-none-any.whl',
    'wst-tools  1.0  1 file',
    'basic  1.0.0.post1  1 file',
    'my-basic 20240101: 1 file now yanked',
    'Basic authentication',
    'a basic understanding',
    'bearer  1.0.0.dev20240101+g0123456789  1 file',
    'authorization: archived (see the new one)',
    'https://example.com:8080/simple/foo@1.0/',
    'https://__token__:TOKEN@example.com/simple/',
    'https://USER:PASSWORD@example.com/simple/',
    'pip install --index-url http://__token__:TOKEN@127.0.0.1:8080/simple/ NAME',
    'http://USER:PASSWORD@[::1]',
    'me@example.com: revoked',
    '{"a":"http://x","b":"c@d"}',
    'token-0123456789abcdef',
  ])('is nothing of %j', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it('leaves JSON as it was, but for the secrets', () => {
    const text = fc.oneof(
      fc.string(),
      someToken,
      fc.constant('http://a:b'),
      fc.constant('Basic YTpiY2RlZg=='),
    );
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        const shown = JSON.parse(maskSecrets(JSON.stringify(value, null, 2))) as object;
        expect(Object.keys(shown).length).toBeLessThanOrEqual(Object.keys(value).length);
      }),
    );
  });

  it('takes time that grows no faster than the text', () => {
    for (const part of ['a.', 'wst_', 'basic ', 'http://', 'authorization: ', 'a:', '://a:', 'bearer\t']) {
      const since = performance.now();
      maskSecrets(part.repeat(100_000));
      expect(performance.now() - since).toBeLessThan(3_000);
    }
  });
});
