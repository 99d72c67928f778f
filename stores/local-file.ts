import { open, stat } from 'node:fs/promises';
import type { ByteSource } from '../core/bytes.ts';
import { quote, WheelstoreError } from '../core/errors.ts';
import { changedWhileRead, describeFailure, isAbsent, systemCode } from './failures.ts';

/**
 * A local file as a source of bytes. It is opened for each read, so that any number of them can wait
 * to be published without holding descriptors; a file that was changed meanwhile is told by its inode,
 * size and time.
 *
 * @throws {WheelstoreError} `not-found`, `unreadable`; when reading also `file-changed`
 */
export async function localFile(path: string): Promise<ByteSource> {
  const { state, size } = await reading(path, async () => {
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) {
      throw new WheelstoreError('unreadable', `${quote(path)} is not a file`, {
        value: path,
        fix: 'Name a wheel, an sdist, or a folder that holds some.',
      });
    }
    return { state: stateOf(found), size: Number(found.size) };
  });
  return {
    size,
    read: (offset, length, room) =>
      reading(path, async () => {
        const handle = await open(path, 'r');
        try {
          if (stateOf(await handle.stat({ bigint: true })) !== state) throw changedWhileRead(path);
          const wanted = Math.min(length, Math.max(0, size - offset));
          const buffer = room?.subarray(0, wanted) ?? Buffer.allocUnsafeSlow(wanted);
          let filled = 0;
          while (filled < buffer.length) {
            const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
            if (bytesRead === 0) throw changedWhileRead(path);
            filled += bytesRead;
          }
          return buffer;
        } finally {
          await handle.close();
        }
      }),
  };
}

function stateOf({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `${ino}:${size}:${mtimeNs}`;
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isAbsent(error) || systemCode(error) === 'ENOTDIR') {
      throw new WheelstoreError('not-found', `There is no file ${quote(path)}`, {
        value: path,
        fix: 'Check the path.',
        cause: error,
      });
    }
    throw describeFailure(error, path, 'read');
  }
}
