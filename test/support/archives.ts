import { deflateSync, gzipSync } from 'fflate';

export type Content = string | Uint8Array;

const encoder = new TextEncoder();

export function bytesOf(content: Content): Uint8Array {
  return typeof content === 'string' ? encoder.encode(content) : content;
}

export function joinBytes(...parts: readonly Content[]): Uint8Array {
  const arrays = parts.map(bytesOf);
  const joined = new Uint8Array(arrays.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of arrays) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** `fields` are pairs of a width in bytes and a little-endian number. */
export function littleEndian(...fields: readonly (readonly [width: 2 | 4 | 8, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function plainCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** What a header of a member says; for members whose two headers disagree. */
interface ZipHeader {
  readonly name: Content;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly extra: Uint8Array;
}

export interface ZipMemberSpec {
  readonly name: Content;
  readonly content?: Content;
  /** 8 (deflate) unless given; 0 is stored. */
  readonly method?: number;
  /** The data as it is in the file, in place of the compressed content. */
  readonly packed?: Uint8Array;
  readonly flags?: number;
  /** Unix mode. */
  readonly mode?: number;
  /** Writes sizes and CRC behind the data. */
  readonly descriptor?: 'signed' | 'plain' | 'signed64' | 'plain64';
  /** Writes the sizes to ZIP64 fields though they would fit without. */
  readonly zip64?: boolean;
  readonly local?: Partial<ZipHeader>;
  readonly central?: Partial<ZipHeader & { readonly start: number; readonly disk: number }>;
  /** Bytes between this member and the next. */
  readonly behind?: Uint8Array;
}

export interface ZipOptions {
  /** In front of the first member; offsets take it into account. */
  readonly prefix?: Content;
  readonly comment?: Content;
  readonly suffix?: Content;
  readonly beforeDirectory?: Content;
  readonly beforeEnd?: Content;
  readonly zip64?: boolean;
  /** Overrides fields of the end record, and of the ZIP64 one. */
  readonly end?: Partial<EndRecord>;
  readonly end64?: Partial<EndRecord & { readonly recordSize: number; readonly at: number }>;
}

interface EndRecord {
  readonly disk: number;
  readonly entriesHere: number;
  readonly entries: number;
  readonly size: number;
  readonly start: number;
}

/** A zip, right or wrong as it is asked for, always the same for the same members. */
export function zipOf(members: readonly ZipMemberSpec[], options: ZipOptions = {}): Uint8Array {
  const parts = [bytesOf(options.prefix ?? '')];
  let at = parts[0]?.length ?? 0;
  const central = members.map((spec) => {
    const { local, directory } = zipMember(spec, at);
    parts.push(local);
    at += local.length;
    return directory;
  });
  const directory = joinBytes(...central);
  const gap = bytesOf(options.beforeDirectory ?? '');
  const start = at + gap.length;
  const fields = { disk: 0, entriesHere: members.length, entries: members.length, start };
  const end = { ...fields, size: directory.length };
  return joinBytes(...parts, gap, directory, options.beforeEnd ?? '', ...zipEnd(end, options));
}

function zipMember(spec: ZipMemberSpec, at: number): { local: Uint8Array; directory: Uint8Array } {
  const content = bytesOf(spec.content ?? '');
  const method = spec.method ?? 8;
  const packed = spec.packed ?? (method === 8 ? deflateSync(content) : content);
  // oxlint-disable-next-line no-control-regex -- ASCII
  const utf8 = typeof spec.name === 'string' && /[^\u0000-\u007f]/.test(spec.name) ? 0x800 : 0;
  const flags = spec.flags ?? utf8 | (spec.descriptor ? 8 : 0);
  const facts = { name: spec.name, flags, method, extra: new Uint8Array() };
  const sizes = { crc: plainCrc32(content), packedSize: packed.length, size: content.length };
  const inLocal = spec.descriptor ? { crc: 0, packedSize: 0, size: 0 } : sizes;
  const local = { ...facts, ...widened(inLocal, spec.zip64 ?? false), ...spec.local };
  const central = { ...facts, ...widened(sizes, spec.zip64 ?? false), start: at, disk: 0, ...spec.central };
  const isFolder = typeof spec.name === 'string' && spec.name.endsWith('/');
  const mode = spec.mode ?? (isFolder ? 0o040755 : 0o100644);
  return {
    local: joinBytes(
      littleEndian([4, 0x04034b50], [2, 20], ...headerFields(local)),
      local.name,
      local.extra,
      packed,
      zipDescriptor(spec.descriptor, sizes),
      spec.behind ?? '',
    ),
    directory: joinBytes(
      littleEndian([4, 0x02014b50], [2, (3 << 8) | 20], [2, 20], ...headerFields(central)),
      littleEndian([2, 0], [2, central.disk], [2, 0], [4, mode * 65536], [4, central.start]),
      central.name,
      central.extra,
    ),
  };
}

type ZipSizes = Pick<ZipHeader, 'crc' | 'packedSize' | 'size'>;

function widened(sizes: ZipSizes, zip64: boolean): Partial<ZipHeader> & ZipSizes {
  if (!zip64) return sizes;
  const extra = littleEndian([2, 1], [2, 16], [8, sizes.size], [8, sizes.packedSize]);
  return { crc: sizes.crc, packedSize: 0xffffffff, size: 0xffffffff, extra };
}

/** The fields that both headers have, in this order. */
function headerFields(header: ZipHeader): (readonly [2 | 4, number])[] {
  return [
    [2, header.flags],
    [2, header.method],
    [4, 0x00210000], // midnight of 1980-01-01
    [4, header.crc],
    [4, header.packedSize],
    [4, header.size],
    [2, bytesOf(header.name).length],
    [2, header.extra.length],
  ];
}

function zipDescriptor(form: ZipMemberSpec['descriptor'], sizes: ZipSizes): Uint8Array {
  if (!form) return new Uint8Array();
  const width = form.endsWith('64') ? 8 : 4;
  const fields = littleEndian([4, sizes.crc], [width, sizes.packedSize], [width, sizes.size]);
  return form.startsWith('signed') ? joinBytes('PK\u0007\u0008', fields) : fields;
}

function zipEnd(end: EndRecord, options: ZipOptions): Content[] {
  const comment = bytesOf(options.comment ?? '');
  const elsewhere = {
    disk: 0xffff,
    entriesHere: 0xffff,
    entries: 0xffff,
    size: 0xffffffff,
    start: 0xffffffff,
  };
  const { disk, entriesHere, entries, size, start } = {
    ...(options.zip64 ? elsewhere : end),
    ...options.end,
  };
  return [
    ...(options.zip64
      ? [zip64End({ ...end, recordSize: 44, at: end.start + end.size, ...options.end64 })]
      : []),
    littleEndian(
      [4, 0x06054b50],
      [2, disk],
      [2, disk],
      [2, entriesHere],
      [2, entries],
      [4, size],
      [4, start],
    ),
    littleEndian([2, comment.length]),
    comment,
    options.suffix ?? '',
  ];
}

function zip64End(end: Required<NonNullable<ZipOptions['end64']>>): Uint8Array {
  return joinBytes(
    littleEndian([4, 0x06064b50], [8, end.recordSize], [2, 45], [2, 45], [4, end.disk], [4, end.disk]),
    littleEndian([8, end.entriesHere], [8, end.entries], [8, end.size], [8, end.start]),
    littleEndian([4, 0x07064b50], [4, end.disk], [8, end.at], [4, 1]),
  );
}

export interface TarMemberSpec {
  readonly name: Content;
  readonly content?: Content;
  /** `0` unless given; `5` where the name ends with a slash. */
  readonly type?: string;
  readonly linkName?: Content;
  /** What the header says; the content's length unless given. A string is written as it is. */
  readonly size?: number | string;
  readonly prefix?: Content;
  /** 8 bytes: POSIX unless given. */
  readonly magic?: string;
  /** Written before the checksum is made. */
  readonly edit?: (header: Uint8Array) => void;
  readonly checksum?: number;
  /** Records of a pax header in front of the member. */
  readonly pax?: Readonly<Record<string, string>>;
}

export interface TarOptions {
  /** Zero blocks at the end; 2 unless given. */
  readonly endBlocks?: number;
  readonly suffix?: Content;
}

/** A tar (not compressed), right or wrong as it is asked for. */
export function tarOf(members: readonly TarMemberSpec[], options: TarOptions = {}): Uint8Array {
  const end = new Uint8Array(512 * (options.endBlocks ?? 2));
  return joinBytes(...members.flatMap(tarMember), end, options.suffix ?? '');
}

function tarMember(spec: TarMemberSpec): Uint8Array[] {
  const { pax, ...member } = spec;
  const extension = pax ? tarMember({ name: 'pax', type: 'x', content: paxOf(pax) }) : [];
  const content = bytesOf(spec.content ?? '');
  const padding = new Uint8Array((512 - (content.length % 512)) % 512);
  return [...extension, tarHeader(member, content.length), content, padding];
}

function tarHeader(spec: TarMemberSpec, length: number): Uint8Array {
  const header = new Uint8Array(512);
  const put = (at: number, value: Content): void => header.set(bytesOf(value), at);
  const isFolder = typeof spec.name === 'string' && spec.name.endsWith('/');
  const size = spec.size ?? length;
  put(0, bytesOf(spec.name).subarray(0, 100));
  put(100, isFolder ? '0000755\0' : '0000644\0');
  put(108, '0000000\u00000000000\u0000');
  put(124, typeof size === 'string' ? size : `${size.toString(8).padStart(11, '0')}\0`);
  put(136, '00000000000\0');
  put(156, spec.type ?? (isFolder ? '5' : '0'));
  put(157, bytesOf(spec.linkName ?? '').subarray(0, 100));
  put(257, spec.magic ?? 'ustar\u000000');
  put(345, spec.prefix ?? '');
  spec.edit?.(header);
  put(148, '        ');
  const sum = spec.checksum ?? header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** The content of a pax header. */
export function paxOf(records: Readonly<Record<string, string>>): Uint8Array {
  return joinBytes(...Object.entries(records).map(([key, value]) => paxRecord(key, value)));
}

function paxRecord(key: string, value: string): Uint8Array {
  const rest = bytesOf(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return joinBytes(String(length), rest);
}

export function gzipOf(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { mtime: 0 });
}
