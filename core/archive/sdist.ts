import type { ByteSource } from '../bytes.ts';
import { quote } from '../errors.ts';
import type { ArchiveContents } from './archive.ts';
import { gunzip } from './gzip.ts';
import { type ArchiveLimits, checkExpansion, DEFAULT_LIMITS } from './limits.ts';
import { checkMemberPath } from './member-path.ts';
import { MemberTree } from './member-tree.ts';
import { refuseZipInTarGz } from './polyglot.ts';
import { NONSTANDARD, refusal } from './refusal.ts';
import { checkHardLink, checkSymlink } from './tar-link.ts';
import { type TarMember, tarMembers } from './tar.ts';
import { openZip } from './zip.ts';

/**
 * Checks the whole of a `.tar.gz` sdist in one pass: that every tool reads the same from it, that it
 * expands within bounds and stays inside of its one top-level folder (PEP 625, PEP 721).
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function inspectSdistTarGz(
  source: ByteSource,
  limits: ArchiveLimits = DEFAULT_LIMITS,
): Promise<ArchiveContents> {
  await refuseZipInTarGz(source);
  const tree = new MemberTree();
  let folder: string | undefined;
  let metadata: Uint8Array | undefined;
  for await (const member of tarMembers(boundedGunzip(source, limits), limits)) {
    const path = pathOf(member);
    if (path === undefined) continue;
    checkMemberPath(path);
    folder = checkTopFolder(path, member.kind === 'folder', folder);
    addMember(tree, path, member);
    if (path === `${folder}/PKG-INFO` && member.kind === 'file') metadata = await readPkgInfo(member, limits);
  }
  if (folder === undefined) throw refusal('The tar archive has no members', NONSTANDARD);
  if (metadata === undefined) throw noPkgInfo(folder);
  return { metadata, folder, members: tree.files };
}

/**
 * The same for a `.zip` sdist, an older form.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function inspectSdistZip(
  source: ByteSource,
  limits: ArchiveLimits = DEFAULT_LIMITS,
): Promise<ArchiveContents> {
  const zip = await openZip(source, limits);
  let folder: string | undefined;
  for (const { path, isFolder } of zip.entries) folder = checkTopFolder(path, isFolder, folder);
  if (folder === undefined || !zip.files.has(`${folder}/PKG-INFO`)) throw noPkgInfo(folder ?? '');
  const metadata = await zip.read(`${folder}/PKG-INFO`, limits.maxMetadataBytes);
  for (const entry of zip.entries) {
    for await (const _ of zip.content(entry)); // only to check it
  }
  return { metadata, folder, members: zip.files };
}

async function* boundedGunzip(
  source: ByteSource,
  limits: ArchiveLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  let expanded = 0;
  for await (const piece of gunzip(source)) {
    expanded += piece.length;
    checkExpansion(expanded, source.size, limits);
    yield piece;
  }
}

/** Without the `./` that older tools write first; undefined for the folder `.` itself. */
function pathOf({ name, kind }: TarMember): string | undefined {
  const relative = withoutDot(name);
  const path = kind === 'folder' && relative.endsWith('/') ? relative.slice(0, -1) : relative;
  return kind === 'folder' && (path === '.' || (path === '' && name === './')) ? undefined : path;
}

function withoutDot(name: string): string {
  return name.startsWith('./') ? name.slice(2) : name;
}

/** Returns the top-level folder, which must be the same for all members. */
function checkTopFolder(path: string, isFolder: boolean, known: string | undefined): string {
  const slash = path.indexOf('/');
  const top = slash === -1 ? path : path.slice(0, slash);
  if (slash === -1 && !isFolder) {
    throw refusal(`Member ${quote(path)} is not inside of a top-level folder`, NONSTANDARD, path);
  }
  if (known !== undefined && known !== top) {
    throw refusal(
      `The sdist has more than one top-level folder: ${quote(known)} and ${quote(top)}`,
      NONSTANDARD,
      top,
    );
  }
  return top;
}

function addMember(tree: MemberTree, path: string, member: TarMember): void {
  if (member.kind === 'symlink') checkSymlink(path, member.linkName);
  if (member.kind === 'hardlink') checkHardLink(path, withoutDot(member.linkName), tree.files);
  if (member.kind === 'folder') tree.addFolder(path, 'may repeat');
  else tree.addFile(path);
}

async function readPkgInfo(member: TarMember, limits: ArchiveLimits): Promise<Uint8Array> {
  // A copy does not keep alive the larger piece of the archive that it is from.
  if (member.size <= limits.maxMetadataBytes) return new Uint8Array(await member.content());
  throw refusal(
    `${quote(member.name)} is larger than ${limits.maxMetadataBytes} bytes`,
    'Make it smaller.',
    member.name,
  );
}

function noPkgInfo(folder: string): Error {
  return refusal(
    `The sdist has no file ${quote(`${folder}/PKG-INFO`)}`,
    'Build it with "python -m build --sdist"; an archive of the sources is not an sdist.',
    folder,
  );
}
