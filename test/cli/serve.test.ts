import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { get as httpsGet } from 'node:https';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startWheelstore, wheelstore, type RunningProcess } from '../support/command.ts';
import { Published } from '../support/published.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectRefusal } from './outcomes.ts';
import { small, workplaceIn, writeFiles } from './repositories.ts';

const place = workplaceIn(temporaryFolder(afterAll), small('foo', '1.0'));
beforeAll(() => new Published(place.store).add(...small('foo', '1.0')));

/** Serves the repository on a free port. */
async function serve(...words: readonly string[]): Promise<{ url: string; server: RunningProcess }> {
  const server = startWheelstore(['serve', place.store, '--port', '0', ...words]);
  const [, url = ''] = await server.printed(/Serving .* at (https?:\/\/\S+)\/simple\/ \(Ctrl-C stops\)\n/);
  return { url, server };
}

async function textAt(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

describe('serve', () => {
  it('serves a repository, and says where', async () => {
    const { url, server } = await serve();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await server.printed(new RegExp(`Install: {2}pip install --index-url ${url}/simple/ NAME\n`));
    expect(await textAt(`${url}/simple/`)).toMatchObject({
      status: 200,
      text: expect.stringContaining('foo'),
    });
    expect(await textAt(`${url}/simple/Foo/`)).toMatchObject({ status: 200 });
    expect(await textAt(`${url}/records/default/foo.json`)).toMatchObject({ status: 404 });
    server.child.kill('SIGINT');
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends at once and with 0 when nobody asks: %s', async (signal) => {
    const { server } = await serve();
    server.child.kill(signal);
    const ending = await server.ended;
    expect(ending).toMatchObject({ code: 0, signal: null, stdout: '' });
    expect(ending.stderr).not.toMatch(/error|defect| {4}at /);
  });

  it('sees what is published meanwhile', async () => {
    const { url } = await serve();
    expect(await textAt(`${url}/simple/later/`)).toMatchObject({ status: 404 });
    const paths = writeFiles(join(place.folder, 'later'), small('later', '1.0'));
    expect(await wheelstore(['upload', ...paths, '--store', place.store])).toMatchObject({ code: 0 });
    expect(await textAt(`${url}/simple/later/`)).toMatchObject({ status: 200 });
  });

  it('logs each request on a line', async () => {
    const { url, server } = await serve();
    await textAt(`${url}/simple/foo/`);
    await server.printed(/^\d{4}-\d\d-\d\dT[\d:.]+Z 127\.0\.0\.1 GET \/simple\/foo\/ 200 \d+ \d+\.\dms\n/m);
    await textAt(`${url}/files/none`);
    await server.printed(/ GET \/files\/none 404 /);
    server.child.kill('SIGINT');
    expect((await server.ended).stdout.match(/\n/g)).toHaveLength(2);
  });

  it('logs nothing with --quiet', async () => {
    const { url, server } = await serve('--quiet');
    await textAt(`${url}/simple/foo/`);
    await textAt(`${url}/files/none`);
    server.child.kill('SIGINT');
    expect(await server.ended).toMatchObject({ code: 0, stdout: '' });
  });

  it('waits after Ctrl-C for what is under way, and ends at once at the second', async () => {
    const { url, server } = await serve();
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    onTestFinished(() => {
      socket.destroy();
    });
    // Pipelined, and never read: the server cannot get rid of its answers.
    socket.pause();
    const asked = 'GET /simple/foo/ HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.write(asked.repeat(2_000));
    await server.printed(/ GET \/simple\/foo\/ 200 /);
    server.child.kill('SIGINT');
    await server.printed(/Stopping when the requests under way have ended \(Ctrl-C again stops at once\)/);
    server.child.kill('SIGINT');
    // 130, unless it could end between the two.
    expect([0, 130]).toContain((await server.ended).code);
  });

  it('says that a port is in use, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      other.close();
    });
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const ending = await wheelstore(['serve', place.store, '--port', String(port)]);
    expectRefusal(ending, 1, `127.0.0.1:${port}`, 'port 0');
  });

  it('says that there is no such address', async () => {
    const ending = await wheelstore(['serve', place.store, '--host', '192.0.2.1', '--port', '0']);
    expectRefusal(ending, 1, '192.0.2.1');
  });

  it('says that a certificate is none', async () => {
    const pem = join(place.folder, 'no.pem');
    writeFileSync(pem, 'nonsense');
    const ending = await wheelstore(['serve', place.store, '--tls-cert', pem, '--tls-key', pem]);
    expectRefusal(ending, 1, 'certificate');
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasOpenssl)('serve over HTTPS (needs openssl)', () => {
  it('uses the certificate', async () => {
    const [cert, key] = [join(place.folder, 'cert.pem'), join(place.folder, 'key.pem')];
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const { url, server } = await serve('--tls-cert', cert, '--tls-key', key);
    expect(url).toMatch(/^https:/);
    const [response] = await once(
      httpsGet(`${url}/simple/`, { ca: readFileSync(cert), agent: false }),
      'response',
    );
    response.resume();
    expect(response.statusCode).toBe(200);
    server.child.kill('SIGINT');
    expect(await server.ended).toMatchObject({ code: 0 });
  });
});

describe.skipIf(process.platform === 'win32')(
  'serve with a reader of its log that stops (not on Windows)',
  () => {
    it('ends without a stack trace', async () => {
      const { url, server } = await serve();
      server.child.stdout?.destroy();
      await textAt(`${url}/simple/`).catch(() => undefined);
      await textAt(`${url}/simple/`).catch(() => undefined);
      server.child.kill('SIGINT');
      const { code, stderr } = await server.ended;
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/ {4}at /);
    });
  },
);
