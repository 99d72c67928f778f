import { existsSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chunksOf } from '../../core/bytes.ts';
import { FileSpool } from '../../stores/spool.ts';
import { encode } from '../support/bytes.ts';
import { temporaryFolder } from '../support/temporary.ts';

afterEach(() => vi.unstubAllEnvs());

/** A spool, and the folder in which it makes its own. */
async function openSpool() {
  const folder = temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  return { spool: await FileSpool.open(), folder, files: () => readdirSync(folder, { recursive: true }) };
}

async function* streamOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield encode(text);
}

describe('The spool', () => {
  it('keeps bytes where they can be read again, with their hashes', async () => {
    const { spool } = await openSpool();
    const algorithms = ['sha256', 'md5', 'sha3_256', 'blake2b', 'blake2s', 'sha256', 'shake_128', 'none'];
    const { source, hashes } = await spool.keep(streamOf('foo', '', 'bar'), algorithms);
    const chunks: Uint8Array[] = [];
    for await (const chunk of chunksOf(source)) chunks.push(chunk);
    expect([Buffer.concat(chunks).toString(), source.size]).toEqual(['foobar', 6]);
    const expected = {
      sha256: 'sha256',
      md5: 'md5',
      sha3_256: 'sha3-256',
      blake2b: 'blake2b512',
      blake2s: 'blake2s256',
    };
    expect(hashes).toEqual(
      Object.fromEntries(
        Object.entries(expected).map(([name, own]) => [name, createHash(own).update('foobar').digest('hex')]),
      ),
    );
    await spool.close();
  });

  it('keeps nothing of what was released, twice or not, or of what could not be read', async () => {
    const { spool, files } = await openSpool();
    const kept = await spool.keep(streamOf('foo'), []);
    expect(files()).toHaveLength(2);
    await kept.release();
    await kept.release();
    expect(files()).toHaveLength(1);
    const broken = async function* () {
      yield encode('begins');
      throw new Error('cut off');
    };
    await expect(spool.keep(broken(), ['sha256'])).rejects.toThrow('cut off');
    expect(files()).toHaveLength(1);
    await spool.close();
    await spool.close();
    expect(files()).toEqual([]);
  });

  it('keeps any number of files at the same time, which nobody else can read', async () => {
    const { spool, folder } = await openSpool();
    const texts = Array.from({ length: 20 }, (_, index) => `file ${index}`);
    const kept = await Promise.all(texts.map((text) => spool.keep(streamOf(text), [])));
    const read = await Promise.all(kept.map(({ source }) => source.read(0, 100)));
    expect(read.map((bytes) => Buffer.from(bytes).toString())).toEqual(texts);
    await spool.close();
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(folder)).toBe(true);
  });

  it('says where nothing can be written', async () => {
    vi.stubEnv('TMPDIR', `${temporaryFolder()}/none`);
    await expect(FileSpool.open()).rejects.toMatchObject({ code: 'unwritable' });
  });
});
