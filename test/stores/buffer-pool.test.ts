import { describe, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localFile } from '../../stores/local-file.ts';
import { BufferPool } from '../../stores/s3/buffer-pool.ts';
import { decode } from '../support/bytes.ts';
import { temporaryFolder } from '../support/temporary.ts';

const itself = (buffer: Buffer): Promise<Buffer> => Promise.resolve(buffer);

describe('a pool of buffers', () => {
  it('lends one again that has come back, and never one that is lent', async () => {
    const pool = new BufferPool(8);
    const first = await pool.lending(8, async (outer) => {
      expect(await pool.lending(8, itself)).not.toBe(outer);
      return outer;
    });
    expect(first).toHaveLength(8);
    expect(await pool.lending(8, itself)).toBe(first);
  });

  it('lends none again where sending from it has failed', async () => {
    const pool = new BufferPool(8);
    let failed: Buffer | undefined;
    const failing = pool.lending(8, (buffer) => {
      failed = buffer;
      return Promise.reject(new Error('reset'));
    });
    await expect(failing).rejects.toThrow('reset');
    expect(await pool.lending(8, itself)).not.toBe(failed);
  });

  it('keeps none of another size', async () => {
    const pool = new BufferPool(8);
    const large = await pool.lending(9, itself);
    expect(large).toHaveLength(9);
    expect(await pool.lending(9, itself)).not.toBe(large);
  });
});

describe('a local file', () => {
  it('is read into the room that it is given', async () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '0123456789');
    const source = await localFile(path);
    const room = Buffer.alloc(8, '-');
    expect(decode(await source.read(6, 8, room))).toBe('6789');
    expect(decode(room)).toBe('6789----');
  });
});
