import { describe, expect, it } from 'vitest';
import { parseSelections } from '../../../core/import/selection.ts';
import { HOSTILE_TEXTS, thrownBy } from '../thrown.ts';

/** Projects with the versions that are asked for, or `undefined` for all. */
function selected(...words: readonly string[]) {
  return parseSelections(words).map(({ project, versions }) => [
    project,
    versions === undefined ? undefined : [...versions.values()],
  ]);
}

describe('What to import', () => {
  it('is projects, in any spelling', () => {
    expect(selected('foo', 'Foo_Bar.baz')).toEqual([
      ['foo', undefined],
      ['foo-bar-baz', undefined],
    ]);
  });

  it('is releases, each once in whatever spelling', () => {
    expect(selected('foo==1.0', 'FOO == 2.0-rc.1', 'foo==1', 'bar==1!0+Local_1')).toEqual([
      ['foo', ['1', '2.0rc1']],
      ['bar', ['1!0+local.1']],
    ]);
  });

  it('is all of a project that is named by itself, before its releases or after them', () => {
    const all = [['foo', undefined]];
    expect([selected('foo', 'foo==1.0'), selected('foo==1.0', 'foo')]).toEqual([all, all]);
  });

  it.each(['foo==', '==1.0', 'foo>=1.0', 'foo==1.0==2.0', 'foo==1.*', 'foo=1.0', 'foo bar', './foo', '-foo'])(
    'is not %s, which is named',
    (word) => {
      const error = thrownBy(() => parseSelections(['bar', word]));
      expect([error.code, error.value]).toEqual(['usage', word]);
    },
  );

  // Spaces around a name are a slip of whoever quotes words for a shell.
  it.each(HOSTILE_TEXTS.filter(({ text }) => text === text.trim()))('is not $what', ({ text }) => {
    expect(thrownBy(() => parseSelections([text])).code).toBe('usage');
  });
});
