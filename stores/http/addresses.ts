import { isIPv4, isIPv6 } from 'node:net';

/** What kind of network an address belongs to. */
export type AddressClass =
  | 'public'
  | 'loopback'
  | 'private' // RFC 1918, and its like for IPv6
  | 'shared' // of providers, RFC 6598
  | 'link-local'
  | 'metadata' // what tells programs on a cloud machine its secrets
  | 'reserved';

type Range = readonly [address: string, bits: number, kind: AddressClass];

// The first that fits counts; what fits none is public. IANA's registries of special-purpose addresses.
const IPV4_RANGES: readonly Range[] = [
  ['169.254.169.254', 32, 'metadata'],
  ['169.254.170.2', 32, 'metadata'], // of ECS
  ['169.254.170.23', 32, 'metadata'], // of EKS
  ['100.100.100.200', 32, 'metadata'], // of Alibaba
  ['168.63.129.16', 32, 'metadata'], // of Azure, within its public addresses
  ['192.0.0.192', 32, 'metadata'], // of Oracle
  ['127.0.0.0', 8, 'loopback'],
  ['10.0.0.0', 8, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['100.64.0.0', 10, 'shared'],
  ['169.254.0.0', 16, 'link-local'],
  ['0.0.0.0', 8, 'reserved'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'reserved'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 3, 'reserved'],
];

const IPV6_RANGES: readonly Range[] = [
  ['fd00:ec2::254', 128, 'metadata'],
  ['fd00:ec2::23', 128, 'metadata'],
  ['fd20:ce::254', 128, 'metadata'], // of Google
  ['::1', 128, 'loopback'],
  ['fc00::', 7, 'private'],
  ['fec0::', 10, 'private'],
  ['fe80::', 10, 'link-local'],
  ['64:ff9b:1::', 48, 'private'], // NAT64 of one's own network
  ['::', 32, 'reserved'],
  ['100::', 64, 'reserved'],
  ['2001:2::', 48, 'reserved'],
  ['2001:db8::', 32, 'reserved'],
  ['3fff::', 20, 'reserved'],
  ['ff00::', 8, 'reserved'],
];

/** The kind of an address in its usual spelling; anything else is reserved. */
export function classOf(address: string): AddressClass {
  const [plain = ''] = address.split('%', 1);
  if (isIPv4(plain)) return firstRange(ipv4Groups(plain), IPV4_RANGES, ipv4Groups, 8);
  if (!isIPv6(plain)) return 'reserved';
  const groups = ipv6Groups(plain);
  const inside = embeddedIPv4(groups);
  return inside === undefined ? firstRange(groups, IPV6_RANGES, ipv6Groups, 16) : classOf(inside);
}

function firstRange(
  groups: readonly number[],
  ranges: readonly Range[],
  groupsOf: (address: string) => readonly number[],
  width: number,
): AddressClass {
  const found = ranges.find(([start, bits]) => startsAlike(groups, groupsOf(start), bits, width));
  return found?.[2] ?? 'public';
}

function startsAlike(one: readonly number[], other: readonly number[], bits: number, width: number): boolean {
  return one.every((group, index) => {
    const counted = Math.min(width, Math.max(0, bits - index * width));
    return group >> (width - counted) === (other[index] ?? 0) >> (width - counted);
  });
}

function ipv4Groups(address: string): readonly number[] {
  return address.split('.').map(Number);
}

function ipv6Groups(address: string): readonly number[] {
  const [head = '', tail] = address.split('::', 2);
  const front = hexGroups(head);
  const back = tail === undefined ? [] : hexGroups(tail);
  const zeros = new Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0);
  return [...front, ...zeros, ...back];
}

function hexGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = ipv4Groups(group);
    return [a * 256 + b, c * 256 + d];
  });
}

/** Where an IPv6 address is another way to an IPv4 one, that one. */
function embeddedIPv4(groups: readonly number[]): string | undefined {
  const [a, b, c, d, e, f, g = 0, h = 0] = groups;
  const startsWithZeros = a === 0 && b === 0 && c === 0 && d === 0;
  const isMapped = startsWithZeros && e === 0 && f === 0xffff;
  const isTranslated = startsWithZeros && e === 0xffff && f === 0; // RFC 2765
  const isCompatible = startsWithZeros && e === 0 && f === 0 && g !== 0; // RFC 4291 2.5.5.1
  const isNat64 = a === 0x64 && b === 0xff9b && c === 0 && d === 0 && e === 0 && f === 0; // RFC 6052
  if (isMapped || isTranslated || isCompatible || isNat64) return dotted(g, h);
  if (a === 0x2002) return dotted(b ?? 0, c ?? 0); // 6to4, RFC 3056
  if (a === 0x2001 && b === 0) return dotted(g ^ 0xffff, h ^ 0xffff); // Teredo, RFC 4380
  return undefined;
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
