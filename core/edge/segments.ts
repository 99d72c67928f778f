// Runs in CloudFront Functions too, whose regular expressions are PCRE: `$` may match before a last
// line feed and `i` may fold letters beyond ASCII. So nothing but visible ASCII comes in, and what
// percent-decoding brings back is looked at character by character.

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Control characters (C0, DEL, C1), `/` and `\`: in no key, and never to be handed on. */
function isForbidden(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2f || code === 0x5c;
}

/** A dot in front stands for `.`, `..` and hidden files alike: none of them is ever served. */
function isSafe(segment: string): boolean {
  if (segment.charAt(0) === '.') return false;
  for (let index = 0; index < segment.length; index++) {
    if (isForbidden(segment.charCodeAt(index))) return false;
  }
  return true;
}

/**
 * The percent-decoded segments of a path; the last one is empty where the path ends with a slash.
 * `undefined` for a path that can name nothing: not absolute, not a URI (RFC 3986), an empty segment
 * in the middle, a dot in front of a segment, an encoded slash, a backslash or a control character.
 */
export function segmentsOf(path: string): string[] | undefined {
  if (path.charAt(0) !== '/' || /[^!-~]/.test(path)) return undefined;
  const encoded = path.slice(1).split('/');
  const segments: string[] = [];
  for (let index = 0; index < encoded.length; index++) {
    const segment = decode(String(encoded[index]));
    if (segment === undefined || !isSafe(segment)) return undefined;
    if (segment === '' && index < encoded.length - 1) return undefined;
    segments.push(segment);
  }
  return segments;
}

/**
 * The one way a segment is written in a path: all but RFC 3986's unreserved characters is escaped.
 * `encodeURIComponent` leaves `!'()*` alone; S3 signatures are over the escaped form, and in S3 a raw
 * `+` reads as a space.
 */
export function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
