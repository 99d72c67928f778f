import { quote } from '../errors.ts';
import { ByteStream } from './byte-stream.ts';
import { type ArchiveLimits, checkEntryCount } from './limits.ts';
import { decodeName } from './member-path.ts';
import { DAMAGED, NONSTANDARD, refusal, SUSPICIOUS } from './refusal.ts';
import {
  GNU_LONG_LINK,
  GNU_LONG_NAME,
  joinExtensions,
  LONGEST_EXTENSION,
  parseExtension,
  PAX_GLOBAL,
  PAX_LOCAL,
  sizeOf,
  type TarExtension,
} from './tar-extension.ts';
import { BLOCK_SIZE, parseTarHeader, type TarHeader } from './tar-header.ts';

/** One member of a tar, with all extensions applied. Its names are as they are written: unchecked. */
export interface TarMember {
  readonly kind: 'file' | 'folder' | 'symlink' | 'hardlink';
  readonly name: string;
  readonly linkName: string;
  /** In bytes; zero for all but files. */
  readonly size: number;
  /** The whole content. Can be called once, before the next member is taken. */
  content(): Promise<Uint8Array>;
}

const KINDS: ReadonlyMap<string, TarMember['kind']> = new Map([
  ['0', 'file'],
  ['7', 'file'], // POSIX: "contiguous", to be taken for a regular file
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['5', 'folder'],
]);

const EXTENSIONS: ReadonlySet<string> = new Set([PAX_LOCAL, PAX_GLOBAL, GNU_LONG_NAME, GNU_LONG_LINK]);

/**
 * The members of a tar (POSIX.1-2001 ustar and pax, GNU), up to the end of the stream.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function* tarMembers(
  bytes: AsyncIterable<Uint8Array, void, undefined>,
  limits: ArchiveLimits,
): AsyncGenerator<TarMember, void, undefined> {
  const stream = new ByteStream(bytes);
  try {
    for (let count = 1; ; count++) {
      const found = await nextHeader(stream, limits);
      if (!found) return await checkEnd(stream);
      checkEntryCount(count, limits);
      const member = makeMember(found.header, found.extension);
      let wasRead = false;
      yield {
        ...member,
        content: () => {
          wasRead = true;
          return stream.exactly(member.size);
        },
      };
      await stream.skip(paddingOf(member.size) + (wasRead ? 0 : member.size));
    }
  } finally {
    await stream.close();
  }
}

/** The header of the next member with what its extension headers say; undefined at the end. */
async function nextHeader(
  stream: ByteStream,
  limits: ArchiveLimits,
): Promise<{ header: TarHeader; extension: TarExtension } | undefined> {
  let extension: TarExtension = {};
  const seen: string[] = [];
  for (;;) {
    const block = await stream.exactly(BLOCK_SIZE);
    if (block.every((byte) => byte === 0)) {
      if (seen.some((type) => type !== PAX_GLOBAL)) {
        throw refusal('The tar archive ends behind an extension header', DAMAGED);
      }
      return undefined;
    }
    const header = parseTarHeader(block);
    if (!EXTENSIONS.has(header.type)) return { header, extension };
    if (header.type !== PAX_GLOBAL && seen.includes(header.type)) {
      throw refusal('The tar archive has two extension headers of a kind for one member', NONSTANDARD);
    }
    seen.push(header.type);
    checkEntryCount(seen.length, limits);
    extension = joinExtensions(extension, await readExtension(stream, header));
  }
}

async function readExtension(stream: ByteStream, header: TarHeader): Promise<TarExtension> {
  if (header.size > LONGEST_EXTENSION) {
    throw refusal(
      `The tar archive has an extension header of ${header.size} bytes`,
      SUSPICIOUS,
      String(header.size),
    );
  }
  const content = await stream.exactly(header.size);
  await stream.skip(paddingOf(header.size));
  return parseExtension(header.type, content);
}

function makeMember(header: TarHeader, extension: TarExtension): Omit<TarMember, 'content'> {
  const name = extension.path ?? decodeName(header.name);
  const linkName = extension.linkPath ?? decodeName(header.linkName);
  const size = sizeOf(header, extension);
  const declared = KINDS.get(header.type);
  if (declared === undefined) {
    throw refusal(
      `Member ${quote(name)} is neither a file nor a folder nor a link (type ${quote(header.type)})`,
      SUSPICIOUS,
      name,
    );
  }
  // In the oldest tars, a folder is a file with a slash at the end of its name.
  const kind = declared === 'file' && header.isOld && name.endsWith('/') ? 'folder' : declared;
  // Some readers skip such data and some take it for the next header.
  if (kind !== 'file' && size !== 0) {
    throw refusal(`Member ${quote(name)} has content although it is a ${kind}`, NONSTANDARD, name);
  }
  return { kind, name, linkName, size };
}

function paddingOf(size: number): number {
  return (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
}

/** POSIX: two blocks of zeros, of which the first is read. Tools pad with more. */
async function checkEnd(stream: ByteStream): Promise<void> {
  let size = 0;
  for await (const piece of stream.rest()) {
    size += piece.length;
    if (piece.some((byte) => byte !== 0)) {
      throw refusal('The tar archive has other bytes behind its end', NONSTANDARD);
    }
  }
  if (size < BLOCK_SIZE || size % BLOCK_SIZE !== 0) {
    throw refusal('The tar archive is truncated: its end is incomplete', DAMAGED);
  }
}
