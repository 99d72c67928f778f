import { quote, WheelstoreError } from '../../core/errors.ts';

/**
 * The name of a region. It becomes a part of the host that signed requests go to.
 *
 * @throws {WheelstoreError} `usage`
 */
export function checkedRegion(text: string): string {
  if (/^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/.test(text)) return text;
  throw new WheelstoreError('usage', `${quote(text)} is no AWS region`, {
    value: text,
    fix: 'Write a name such as eu-west-1.',
  });
}
