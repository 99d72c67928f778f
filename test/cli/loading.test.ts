import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { wheelstore } from '../support/command.ts';
import { buildWheel } from '../support/distributions.ts';
import { temporaryFolder, temporaryFolders } from '../support/temporary.ts';

/** Has Node tell of each module that it loads, in a line of its own. */
const TELLING = `
import { writeSync } from 'node:fs';
export async function load(url, context, next) {
  if (url.startsWith('file:')) writeSync(2, 'loaded ' + url + '\\n');
  return next(url, context);
}`;

const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
const REGISTERING = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(TELLING))});`;

/** The files of the command that Node loads for these words. */
async function loadedFor(words: readonly string[]): Promise<string[]> {
  const { code, stderr } = await wheelstore(words, { nodeOptions: ['--import', dataUrl(REGISTERING)] });
  expect(code, stderr).toBe(0);
  return [...stderr.matchAll(/^loaded file:(.*)$/gm)].map(([, path = '']) => basename(path));
}

describe('What a command loads', () => {
  const makeFolder = temporaryFolders();
  let dist = '';

  beforeAll(() => {
    dist = join(makeFolder(), 'dist');
    mkdirSync(dist);
    const { filename, bytes } = buildWheel({ name: 'foo', version: '1.0' });
    writeFileSync(join(dist, filename), bytes);
  });

  const upload = (what: string): Promise<string[]> =>
    loadedFor(['upload', join(dist, what), '--store', temporaryFolder()]);

  it('is few files: each takes a part of a millisecond', async () => {
    expect(await loadedFor(['--version'])).toHaveLength(3);
    const first = await upload('foo-1.0-py3-none-any.whl');
    expect(first).toContain('main.js');
    expect(first.length).toBeLessThanOrEqual(16);
  });

  it('is not what matches patterns where there is none', async () => {
    const plain = await upload('foo-1.0-py3-none-any.whl');
    const pattern = await upload('foo-*.whl');
    expect(pattern.length).toBeGreaterThan(plain.length);
  });
});
