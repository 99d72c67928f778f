import { createHash } from 'node:crypto';
import type { Content } from './content.ts';
import { Crc32, Crc32c, Crc64Nvme, type Digester } from './crc.ts';
import { invalidRequest } from './errors.ts';

const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;

export type ChecksumAlgorithm = (typeof ALGORITHMS)[number];

/** A composite checksum is one of the checksums of the parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** In base64; a composite one ends in a dash and the number of parts. */
  readonly value: string;
  readonly type: ChecksumType;
}

const LENGTHS: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export function hashDigester(name: string): Digester {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}

export function checksumDigester(algorithm: ChecksumAlgorithm): Digester {
  switch (algorithm) {
    case 'CRC32':
      return new Crc32();
    case 'CRC32C':
      return new Crc32c();
    case 'CRC64NVME':
      return new Crc64Nvme();
    case 'SHA1':
    case 'SHA256':
      return hashDigester(algorithm.toLowerCase());
  }
}

/** What a digest comes to over a whole content. */
export function digestOf(content: Content, digester: Digester): Buffer {
  for (const piece of content.pieces()) digester.update(piece);
  return digester.digest();
}

export function checksumOf(content: Content, algorithm: ChecksumAlgorithm): Checksum {
  const value = digestOf(content, checksumDigester(algorithm)).toString('base64');
  return { algorithm, value, type: 'FULL_OBJECT' };
}

export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly Checksum[]): Checksum {
  const digester = checksumDigester(algorithm);
  for (const part of parts) digester.update(Buffer.from(part.value, 'base64'));
  const value = `${digester.digest().toString('base64')}-${parts.length}`;
  return { algorithm, value, type: 'COMPOSITE' };
}

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The name of the element in which documents have it. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`;
}

/** The algorithm that a header, trailer or value names, if it names one. */
export function algorithmOfHeader(name: string): ChecksumAlgorithm | undefined {
  return ALGORITHMS.find((algorithm) => checksumHeader(algorithm) === name.toLowerCase());
}

export function parseAlgorithm(value: string): ChecksumAlgorithm {
  const found = ALGORITHMS.find((algorithm) => algorithm === value.toUpperCase());
  if (found === undefined) {
    throw invalidRequest(
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types',
    );
  }
  return found;
}

/** The one checksum that these headers hold. */
export function checksumIn(headers: ReadonlyMap<string, string>): Omit<Checksum, 'type'> | undefined {
  const found = [...headers].flatMap(([name, value]) => {
    const algorithm = algorithmOfHeader(name);
    return algorithm === undefined ? [] : [{ algorithm, value }];
  });
  if (found.length > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  return found[0];
}

/** @throws S3Error when it cannot be a checksum of that kind at all */
export function requireWellFormed({ algorithm, value }: Omit<Checksum, 'type'>): void {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== LENGTHS[algorithm] || bytes.toString('base64') !== value) {
    throw invalidRequest(`Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
}
