import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { classOf } from '../../../stores/http/addresses.ts';
import { AddressGuard } from '../../../stores/http/guard.ts';

describe('the class of an address', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['100.63.255.255', 'public'],
    ['223.255.255.255', 'public'],
    ['2606:4700::6810:1', 'public'],
    ['64:ff9b::808:808', 'public'],
    ['::ffff:8.8.8.8', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['fc00::1', 'private'],
    ['fdff::1', 'private'],
    ['fec0::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:0:10.0.0.1', 'private'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b:1::808:808', 'private'],
    ['2002:0a00:0001::', 'private'],
    ['2001:0:1::f5ff:fffe', 'private'],
    ['100.64.0.1', 'shared'],
    ['100.127.255.255', 'shared'],
    ['169.254.0.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['febf::1', 'link-local'],
    ['169.254.169.254', 'metadata'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['fd00:0ec2:0:0:0:0:0:254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['0.0.0.0', 'reserved'],
    ['0.1.2.3', 'reserved'],
    ['::', 'reserved'],
    ['224.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['198.19.0.1', 'reserved'],
    ['ff02::1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['not an address', 'reserved'],
    ['0x7f.1', 'reserved'],
  ])('%s is %s', (address, kind) => {
    expect(classOf(address)).toBe(kind);
  });
});

/** A guard for a source in a small world, and what it says of other hosts. */
function guardFor(source: string, world: Record<string, readonly string[]>) {
  const resolve = (host: string): Promise<LookupAddress[]> =>
    Promise.resolve(
      (world[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  const guard = new AddressGuard(new URL(source), resolve);
  return (host: string): Promise<unknown> =>
    guard.check(new URL(`http://${host}/`)).then(
      () =>
        new Promise((answer) => {
          if (/^[[\d]/.test(host)) return answer('allowed');
          guard.lookup(host, { all: true }, (error, addresses) => {
            const found = Array.isArray(addresses) ? addresses.map(({ address }) => address) : addresses;
            answer(error === null ? found : (error as { code?: unknown }).code);
          });
          return undefined;
        }),
      (error: unknown) => (error as { code?: unknown }).code,
    );
}

describe('what may be connected to', () => {
  const world = {
    'pypi.example': ['93.184.216.34'],
    'pypi.private.example': ['10.1.2.3', 'fd12::1'],
    'other.private.example': ['10.9.9.9'],
    'here.example': ['127.0.0.1'],
    'both.example': ['10.0.0.1', '93.184.216.35'],
    'cloud.example': ['169.254.169.254'],
  };

  it('from a public index is nothing private, however it is written', async () => {
    const ask = guardFor('https://pypi.example/simple/', world);
    expect(await ask('pypi.example')).toEqual(['93.184.216.34']);
    expect(await ask('1.2.3.4')).toBe('allowed');
    expect(await ask('both.example')).toEqual(['93.184.216.35']);
    const hosts = ['pypi.private.example', 'here.example', 'cloud.example', '127.0.0.1', '[::1]', '10.1.2.3'];
    const spelt = [
      '0x7f.1',
      '2130706433',
      '017700000001',
      '127.1',
      '[::ffff:10.0.0.1]',
      '[::ffff:7f00:1]',
      '0',
      '[fe80::1]',
    ];
    for (const host of [...hosts, ...spelt])
      expect([host, await ask(host)]).toEqual([host, 'unsafe-address']);
  });

  it('from a private index is also what is as private', async () => {
    const ask = guardFor('https://pypi.private.example/simple/', world);
    expect(await ask('pypi.private.example')).toEqual(['10.1.2.3', 'fd12::1']);
    expect(await ask('other.private.example')).toEqual(['10.9.9.9']);
    expect(await ask('192.168.0.1')).toBe('allowed');
    expect(await ask('pypi.example')).toEqual(['93.184.216.34']);
    for (const host of [
      'here.example',
      '127.0.0.1',
      'cloud.example',
      '100.64.0.1',
      '[fe80::1]',
      '[fd00:ec2::254]',
    ]) {
      expect([host, await ask(host)]).toEqual([host, 'unsafe-address']);
    }
  });

  it('from an index on this machine is this machine, and no network', async () => {
    const ask = guardFor('http://127.0.0.1:8080/simple/', world);
    expect(await ask('[::1]')).toBe('allowed');
    expect(await ask('here.example')).toEqual(['127.0.0.1']);
    expect(await ask('10.1.2.3')).toBe('unsafe-address');
  });

  it('is the address of the index itself, of whatever kind; but never what tells secrets', async () => {
    expect(await guardFor('http://169.254.7.7/', world)('169.254.7.7')).toBe('allowed');
    expect(await guardFor('http://169.254.7.7/', world)('169.254.7.8')).toBe('unsafe-address');
    expect(await guardFor('http://169.254.169.254/', world)('169.254.169.254')).toBe('unsafe-address');
    expect(await guardFor('http://[fd00:ec2::254]/', world)('[fd00:ec2::254]')).toBe('unsafe-address');
  });

  it('does not follow a name to another address', async () => {
    const rebound: Record<string, readonly string[]> = { 'pypi.example': ['93.184.216.34'] };
    const ask = guardFor('https://pypi.example/simple/', rebound);
    expect(await ask('pypi.example')).toEqual(['93.184.216.34']);
    rebound['pypi.example'] = ['127.0.0.1'];
    expect(await ask('pypi.example')).toBe('unsafe-address');
  });

  it('is nothing where the name is gone', async () => {
    expect(await guardFor('https://pypi.example/simple/', world)('gone.example')).toBe('ENOTFOUND');
  });
});
