import { describe, expect, it } from 'vitest';
import { AwsError } from '../support/aws/error.ts';
import { KeyValueStoreContents, type KeyValue } from '../support/aws/key-value-store-contents.ts';

/** The code of what a change is refused with. */
function refusal(change: () => void): string {
  try {
    change();
  } catch (error) {
    if (error instanceof AwsError) return error.code;
    throw error;
  }
  return 'none';
}

const numbered = (count: number, value = ''): KeyValue[] =>
  Array.from({ length: count }, (_, index) => [`key-${String(index).padStart(6, '0')}`, value]);

describe('The key-value store that tests have in place of that of CloudFront', () => {
  it('changes as a whole, for the version that the change was made for', () => {
    const store = new KeyValueStoreContents();
    const first = store.etag;
    store.update(first, [
      ['b', '2'],
      ['a', '1'],
    ]);
    expect(store.etag).not.toBe(first);
    expect(refusal(() => store.update(first, [['c', '3']]))).toBe('ConflictException');
    expect(refusal(() => store.update(store.etag, [['c', '3']], ['missing']))).toBe(
      'ResourceNotFoundException',
    );
    expect(store.entries()).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    store.update(store.etag, [['a', '\u00e9']], ['b']);
    expect([store.get('a'), store.get('b'), store.exists('b'), store.size]).toEqual([
      '\u00e9',
      undefined,
      false,
      3,
    ]);
  });

  it.each<[what: string, puts: KeyValue[], code: string]>([
    ['the largest key', [['k'.repeat(512), '']], 'none'],
    ['a larger key', [['k'.repeat(513), '']], 'ValidationException'],
    ['an empty key', [['', 'x']], 'ValidationException'],
    ['the largest value', [['k', 'v'.repeat(1024)]], 'none'],
    ['a larger value', [['k', `${'v'.repeat(1023)}\u00e9`]], 'ServiceQuotaExceededException'],
    ['as many keys as a change takes', numbered(50), 'none'],
    ['one more', numbered(51), 'ValidationException'],
    ['a key that is there twice', [...numbered(1), ...numbered(1)], 'ValidationException'],
  ])('has the quotas that are published: %s', (_what, puts, code) => {
    const store = new KeyValueStoreContents();
    expect(refusal(() => store.update(store.etag, puts))).toBe(code);
    expect(store.entries()).toHaveLength(code === 'none' ? puts.length : 0);
  });

  it('holds 5 MB, and is as it was when it is asked to hold more', () => {
    const store = new KeyValueStoreContents();
    const all = numbered(5_100, 'v'.repeat(1024));
    let refused = 'none';
    for (let at = 0; refused === 'none'; at += 50) {
      const before = store.etag;
      refused = refusal(() => store.update(before, all.slice(at, at + 50)));
      if (refused !== 'none') expect(store.etag).toBe(before);
    }
    expect(refused).toBe('ServiceQuotaExceededException');
    expect(store.size).toBeLessThanOrEqual(5 * 1024 * 1024);
    expect(store.size).toBeGreaterThan(4.9 * 1024 * 1024);
  });
});
