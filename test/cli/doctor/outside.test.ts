import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NETWORK } from '../../../cli/doctor/outside.ts';
import { isCertificateMissing, makeCertificate } from '../../support/certificate.ts';
import { temporaryFolder } from '../../support/temporary.ts';

/** The port of a server that shows this certificate. */
async function serving(names: string): Promise<number> {
  const { cert, key } = makeCertificate(temporaryFolder(), names, 10);
  const server = createServer({ cert, key }, (_request, response) => response.end('x'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe.skipIf(isCertificateMissing())('A handshake (needs openssl)', () => {
  it('tells why a certificate is not trusted, and how long it would be valid', async () => {
    const found = await NETWORK.handshake('127.0.0.1', await serving('IP:127.0.0.1'));
    expect(found.problem).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    const days = (found.validUntil.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(9);
    expect(days).toBeLessThan(11);
  });

  it('is asked for by no request that would have to trust it', async () => {
    const port = await serving('IP:127.0.0.1');
    const asked = NETWORK.get(`https://127.0.0.1:${port}/simple/`, '*/*');
    await expect(asked).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    });
  });
});

describe('What is not there', () => {
  it('is told of: a port', async () => {
    const refused = { code: 'unreachable', message: expect.stringContaining('ECONNREFUSED') };
    await expect(NETWORK.handshake('127.0.0.1', 1)).rejects.toMatchObject(refused);
    await expect(NETWORK.get('https://127.0.0.1:1/', '*/*')).rejects.toMatchObject(refused);
  });

  it('is told of: a server that speaks no TLS', async () => {
    const { createServer: plain } = await import('node:net');
    const server = plain((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(NETWORK.handshake('127.0.0.1', port)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('has no addresses', async () => {
    expect(await NETWORK.addressesOf('127.0.0.1')).toEqual(['127.0.0.1']);
    expect(await NETWORK.addressesOf('localhost')).not.toEqual([]);
  });
});
