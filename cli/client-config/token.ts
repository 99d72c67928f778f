import process from 'node:process';
import { isToken } from '../../core/access/token.ts';
import { WheelstoreError } from '../../core/errors.ts';

/** In bytes. A token has 53. */
const LONGEST_LINE = 1024;

/** The variable that a token can be in, which no list of processes shows. */
export const TOKEN_VARIABLE = 'WHEELSTORE_TOKEN';

/**
 * The token that the person gives: by flag, on the first line of the standard input (`-`), or by variable.
 *
 * @param flag what `--token` has; false for `--no-token`
 * @returns `undefined` where there is none, and false where none is wanted
 * @throws {WheelstoreError} `usage`, which shows nothing of it
 */
export async function givenToken(flag: string | false | undefined): Promise<string | false | undefined> {
  if (flag === false) return false;
  if (flag === '-') return checked(await firstLine(process.stdin), 'the standard input');
  if (flag !== undefined) return checked(flag, '--token');
  const value = process.env[TOKEN_VARIABLE];
  return value === undefined || value === '' ? undefined : checked(value, TOKEN_VARIABLE);
}

function checked(text: string, origin: string): string {
  if (isToken(text)) return text;
  throw new WheelstoreError('usage', `What ${origin} has is no token, or not all of one`, {
    fix: 'Copy it whole, from "wst_" on, as "wheelstore token create" has printed it.',
  });
}

/** What is after it is left to others. */
async function firstLine(input: AsyncIterable<Buffer | string>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString();
    if (text.includes('\n') || text.length > LONGEST_LINE) break;
  }
  return (text.split('\n')[0] ?? '').trim();
}
