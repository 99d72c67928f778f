/**
 * As a token is written, and as a project of that name would be (PEP 503), or a URL. So much of one that
 * what is missing can be guessed; a file such as `wst_tools-1.0.tar.gz` is none.
 */
const TOKENS = /wst(?:_|-|%5f)[0-9a-z]{16,}/gi;

/** As a header is written in logs and in JSON. */
const HEADERS =
  /\b(authorization["']?[ \t]*[:=][ \t]*["']?(?:basic|bearer|digest|negotiate|token)[ \t]+)[^\s"',]+/gi;

/** RFC 7617. `basic` is a word as well, and may be a project, of which a version follows. */
const BASIC = /\b(basic[ \t]+)([a-z0-9+/]{4,}=*)/gi;

/** RFC 6750. No version of a project begins with a letter. */
const BEARER = /\b(bearer[ \t]+)(?!\d)[\w.~+/-]{20,}=*/gi;

/**
 * RFC 3986 3.2.1: the password before the host of a URL. A word that stands for one, to be replaced by who
 * reads it, is none.
 */
const URL_PASSWORDS =
  /(\b[A-Za-z][A-Za-z0-9+.-]{0,20}:\/\/[^\s/?#@:"]*):(?!(?:TOKEN|PASSWORD)@[^\s/?#@"]*(?:[\s/?#"]|$))[^\s/?#"]*@/g;

/** `text` without the tokens and passwords in it: for logs, and for all that a command prints. */
export function maskSecrets(text: string): string {
  return text
    .replace(TOKENS, 'wst_***')
    .replace(HEADERS, '$1***')
    .replace(BASIC, (whole, scheme: string, encoded: string) =>
      isUserAndPassword(encoded) ? `${scheme}***` : whole,
    )
    .replace(BEARER, '$1***')
    .replace(URL_PASSWORDS, '$1:***@');
}

/** What is a word, or a version, decodes to no text. */
function isUserAndPassword(encoded: string): boolean {
  const decoded = Buffer.from(encoded, 'base64').toString();
  return decoded.includes(':') && !/[\p{Cc}\ufffd]/u.test(decoded);
}
