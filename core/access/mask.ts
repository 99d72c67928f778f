/** Parts of tokens too: what somebody has cut off a line may still be enough to guess where it is from. */
const TOKENS = /wst_[0-9A-Za-z]{4,}/g;

/** RFC 7617, RFC 6750: the value of an Authorization header. */
const AUTHORIZATION = /\b(basic|bearer)([ \t]+)[\w.~+/-]{8,}=*/gi;

/** RFC 3986 3.2.1: the password before the host of a URL. */
const URL_PASSWORDS = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*):[^\s/?#@]*@/gi;

/** `text` without the tokens and passwords in it: for logs and for messages about failures. */
export function maskSecrets(text: string): string {
  return text.replace(TOKENS, 'wst_***').replace(AUTHORIZATION, '$1$2***').replace(URL_PASSWORDS, '$1:***@');
}
