import { WheelstoreError } from '../../core/errors.ts';

/** The error that `run` throws on purpose. Anything else that it throws passes through. */
export function thrownBy(run: () => unknown): WheelstoreError {
  try {
    run();
  } catch (error) {
    if (error instanceof WheelstoreError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Texts that no parser of a short value may accept, whatever it parses. */
export const HOSTILE_TEXTS: readonly { readonly what: string; readonly text: string }[] = [
  { what: 'nothing', text: '' },
  { what: 'a null character', text: '\0' },
  { what: 'an element of HTML', text: '<script>alert(1)</script>' },
  { what: 'the end of an attribute', text: '"><img src=x onerror=alert(1)>' },
  { what: 'a path upwards', text: '../../etc/passwd' },
  { what: 'a path upwards on Windows', text: '..\\..\\boot.ini' },
  { what: 'a Cyrillic letter', text: '\u0440ackage' },
  { what: 'full-width letters', text: '\uff46\uff4f\uff4f' },
  { what: 'the Kelvin sign, a "k" when case is ignored', text: '\u212a' },
  { what: 'the long s, an "s" when case is ignored', text: '\u017f' },
  { what: 'a right-to-left override', text: 'foo\u202egpj.exe' },
  { what: 'a zero-width space', text: 'foo\u200b' },
  { what: 'Arabic digits', text: '\u0663.\u0664' },
  { what: 'a line break', text: 'foo\nbar' },
  { what: 'a line break at the end', text: 'foo\n' },
  { what: 'a percent escape', text: 'foo%00' },
  { what: 'a look-up expression', text: '${jndi:ldap://x}' },
  { what: 'very many letters', text: `${'a'.repeat(100_000)}!` },
  { what: 'very many digits', text: '1'.repeat(100_000) },
  { what: 'very many hyphens', text: '-'.repeat(100_000) },
  { what: 'very many numbers', text: '1.'.repeat(50_000) },
  { what: 'very many parentheses', text: '('.repeat(100_000) },
  { what: 'very many brackets', text: 'foo['.repeat(25_000) },
  { what: 'very many spaces', text: `foo${' '.repeat(100_000)}!` },
];
