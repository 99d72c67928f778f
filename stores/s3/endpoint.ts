import { quote, WheelstoreError } from '../../core/errors.ts';

/**
 * The address of a store that speaks S3's language.
 *
 * @throws {WheelstoreError} `usage`
 */
export function checkedEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && isBare(url)) return url;
  const shown = endpointWithoutSecrets(text);
  throw new WheelstoreError('usage', `${quote(shown)} cannot be an endpoint of S3`, {
    value: shown,
    fix: 'Write a URL such as https://minio.example.com:9000, without a user name.',
  });
}

function isBare({ username, password, search }: URL): boolean {
  return username === '' && password === '' && search === '';
}

/** What may be shown of such an address, which can also be none: it could hold a password or a token. */
export function endpointWithoutSecrets(text: string): string {
  return text.replace(/^([^/]*\/\/)?.*@/s, '$1').replace(/[?#].*$/s, '');
}
