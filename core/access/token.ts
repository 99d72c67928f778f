import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from '../archive/crc32.ts';

/** What a token begins with, so that people and scanners know one when they see it. */
const PREFIX = 'wst_';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 62^43 is a little more than 2^256. */
const SECRET_LENGTH = 43;
/** 62^6 is more than 2^32. */
const CHECKSUM_LENGTH = 6;

const SHAPE = new RegExp(`^${PREFIX}([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`);

function inDigits(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = DIGITS.charAt(Number(rest % 62n)) + text;
  return text;
}

function checksumOf(secret: string): string {
  return inDigits(BigInt(crc32(new TextEncoder().encode(secret))), CHECKSUM_LENGTH);
}

/**
 * A new token: `wst_`, 256 random bits in 43 digits of base 62, and their CRC-32 in 6 more. It is made
 * of letters, digits and `_` alone, so it needs no quoting in a URL, a shell or a configuration file.
 */
export function generateToken(): string {
  const secret = inDigits(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_LENGTH);
  return `${PREFIX}${secret}${checksumOf(secret)}`;
}

/** Whether `text` is a token that was copied whole; whether it opens anything is another question. */
export function isToken(text: string): boolean {
  const [, secret, checksum] = SHAPE.exec(text) ?? [];
  return secret !== undefined && checksumOf(secret) === checksum;
}

/** All that is ever kept of a token: its SHA-256, in lower-case hex. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
