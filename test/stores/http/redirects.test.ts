import { describe, expect, it } from 'vitest';
import { isCertificateMissing, makeCertificate } from '../../support/certificate.ts';
import { lyingServer, lyingTlsServer, redirect } from '../../support/lying-server.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { clientFor } from './clients.ts';

const credentials = { username: 'me', password: 'hunter2' };

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('is followed: %i', async (code) => {
    const { url, requests } = await lyingServer((request, response) =>
      request.url === '/a/b' ? redirect('../c?d=1', code)(request, response) : response.end('found'),
    );
    expect((await clientFor(url).file('/a/b')).toString()).toBe('found');
    expect(requests.map((request) => request.url)).toEqual(['/a/b', '/c?d=1']);
  });

  it('leads in a circle, and no further than ten times', async () => {
    const { url, requests } = await lyingServer(redirect('/again'));
    await expect(clientFor(url).page()).rejects.toMatchObject({ code: 'source-failed' });
    expect(requests).toHaveLength(11);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:10.0.0.1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://0xa9fea9fe/',
    'http://10.0.0.1:1/',
    'http://192.168.0.1/',
    'http://[fd00:ec2::254]/',
    'http://0.0.0.0/',
    '//10.0.0.1/',
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'javascript:alert(1)',
    'http://[',
  ])('to %s is refused', async (to) => {
    const { url, requests } = await lyingServer(redirect(to));
    const { page, file } = clientFor(url);
    await expect(page()).rejects.toMatchObject({ code: 'unsafe-address' });
    await expect(file()).rejects.toMatchObject({ code: 'unsafe-address' });
    expect(requests).toHaveLength(2);
  });

  it('to a name with a private address is refused where it is connected to', async () => {
    const { url, port } = await lyingServer((request, response) =>
      request.headers.host?.startsWith('127.') === true
        ? redirect(`http://rebound.example:${port}/`)(request, response)
        : response.end('reached'),
    );
    let address = '127.0.0.1';
    const resolve = () => Promise.resolve([{ address, family: 4 }]);
    const { page } = clientFor(url, { resolve });
    expect(await page()).toBeDefined();
    address = '10.0.0.1';
    await expect(clientFor(url, { resolve }).page()).rejects.toMatchObject({ code: 'unsafe-address' });
  });

  it('from a public index to this machine is refused', async () => {
    const { port, requests } = await lyingServer((_, response) => void response.end('reached'));
    let address = '93.184.216.34';
    const resolve = () => Promise.resolve([{ address, family: 4 }]);
    const { client } = clientFor(`http://pypi.example:${port}`, { resolve });
    const fetch = (url: string) => client.page(new URL(url), '*/*', 1000);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'unsafe-address' });
    await expect(fetch(`http://[::ffff:127.0.0.1]:${port}/`)).rejects.toMatchObject({
      code: 'unsafe-address',
    });
    // The name of the index itself means another machine now.
    address = '127.0.0.1';
    await expect(fetch(`http://pypi.example:${port}/`)).rejects.toMatchObject({ code: 'unsafe-address' });
    expect(requests).toEqual([]);
  });

  it.each([
    ['public and private at once', ['93.184.216.34', '127.0.0.1'], ['93.184.216.34', '127.0.0.1']],
    ['private first, and public then', ['127.0.0.1'], ['93.184.216.34']],
  ])('into the private network is refused for an index whose name is %s', async (_, first, then) => {
    const { port, url, requests } = await lyingServer((_request, response) => void response.end('reached'));
    let answers = first;
    const resolve = (host: string) => {
      const addresses = host === 'pypi.example' ? answers : ['127.0.0.1'];
      answers = then;
      return Promise.resolve(addresses.map((address) => ({ address, family: 4 })));
    };
    const { client } = clientFor(`http://pypi.example:${port}`, { resolve });
    const fetch = (address: string) => client.page(new URL(address), '*/*', 1000);
    // Whoever owns the name decides what it stands for, and could so open this network to its links.
    if (first.length === 1) {
      await expect(fetch(`http://pypi.example:${port}/`)).rejects.toMatchObject({
        code: 'unsafe-address',
        message: expect.stringContaining('in a private one when the import began') as string,
      });
    } else {
      await expect(fetch(`${url}/`)).rejects.toMatchObject({ code: 'unsafe-address' });
      await expect(fetch(`http://inner.example:${port}/`)).rejects.toMatchObject({ code: 'unsafe-address' });
    }
    expect(requests).toEqual([]);
  });

  it('to its own name reaches an index that has a public address too', async () => {
    const { port } = await lyingServer((_, response) => void response.end('reached'));
    // The first that answers is taken, so the public one is not connected to.
    const answers = ['127.0.0.1', '93.184.216.34'].map((address) => ({ address, family: 4 }));
    const { client } = clientFor(`http://pypi.example:${port}`, { resolve: () => Promise.resolve(answers) });
    expect(await client.page(new URL(`http://pypi.example:${port}/`), '*/*', 1000)).toBeDefined();
  });

  it.skipIf(isCertificateMissing())('from https to http is refused (needs openssl)', async () => {
    const certificate = makeCertificate(temporaryFolder(), 'IP:127.0.0.1');
    const plain = await lyingServer((_, response) => void response.end('reached'));
    const { url } = await lyingTlsServer(certificate, redirect(`${plain.url}/x`));
    const { page } = clientFor(url, { ca: certificate.cert });
    await expect(page()).rejects.toMatchObject({ code: 'unsafe-address', value: `${plain.url}/x` });
    expect(plain.requests).toEqual([]);
  });
});

describe('credentials', () => {
  it('go to the source, and to no other port, scheme or host', async () => {
    const other = await lyingServer((_, response) => void response.end('other'));
    const source = await lyingServer((request, response) => {
      if (request.url === '/away') return redirect(`${other.url}/x`)(request, response);
      if (request.url === '/named') return redirect(`http://localhost:${source.port}/x`)(request, response);
      return request.url === '/here' ? redirect('/x')(request, response) : response.end('own');
    });
    const { page, client } = clientFor(source.url, { credentials });
    for (const path of ['/here', '/away', '/named']) await page(path);
    await client.page(new URL(`${other.url}/link`), '*/*', 1000);
    const sent = (requests: typeof source.requests) =>
      requests.map(({ url, headers }) => [url, headers.authorization]);
    const basic = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
    expect(sent(source.requests)).toEqual([
      ['/here', basic],
      ['/x', basic],
      ['/away', basic],
      ['/named', basic],
      ['/x', undefined],
    ]);
    expect(sent(other.requests)).toEqual([
      ['/x', undefined],
      ['/link', undefined],
    ]);
  });

  it('come from people, not from redirects', async () => {
    const { url, port, requests } = await lyingServer((request, response) =>
      request.url === '/'
        ? redirect(`http://you:secret@127.0.0.1:${port}/x`)(request, response)
        : response.end(),
    );
    expect((await clientFor(url).page())?.url.href).toBe(`${url}/x`);
    expect(requests[1]?.headers.authorization).toBeUndefined();
  });

  it('are asked for, or refused, without being repeated', async () => {
    const { url } = await lyingServer((_, response) => void response.writeHead(401).end());
    await expect(clientFor(url).page()).rejects.toMatchObject({
      code: 'no-credentials',
      fix: expect.stringContaining('WHEELSTORE_IMPORT_USERNAME') as string,
    });
    const error = await clientFor(url, { credentials })
      .page()
      .catch((failure: unknown) => failure as Error);
    expect(error).toMatchObject({ code: 'access-denied' });
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toContain(
      'hunter2',
    );
  });

  it('are not asked for by another host', async () => {
    const other = await lyingServer((_, response) => void response.writeHead(401).end());
    const { client } = clientFor('http://127.0.0.1:1/', { credentials });
    const error = await client.page(new URL(other.url), '*/*', 1000).catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      code: 'access-denied',
      fix: expect.stringContaining('another host') as string,
    });
  });
});
