import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explained } from '../../cli/verbose-store.ts';
import { WheelstoreError } from '../../core/errors.ts';
import { MemoryStore } from '../../stores/memory.ts';
import { encode, HEADERS } from '../support/bytes.ts';
import { wheelstore } from '../support/command.ts';
import { InterceptedStore } from '../support/intercepted-store.ts';
import { startS3Server } from '../support/s3-server.ts';
import { hasPseudoTerminal, onTerminal } from './pseudo-terminal.ts';
import { publishedWorkplace, small, workplace } from './repositories.ts';

/** The lines that tell of requests: method, key, outcome, milliseconds. */
const REQUEST = /^(head|get|open|create|replace|remove|list) \S+: .+, \d+\.\d ms$/;

describe('--verbose', () => {
  it.each([
    ['-v', 'list'],
    ['--verbose', 'list'],
    ['list', '-v'],
    ['list', '--verbose'],
    ['list', '-vv'],
    ['-vv', 'list'],
  ])('tells of the repository and of each request, and changes no result: %s %s', async (...words) => {
    const { folder } = await publishedWorkplace(...small('foo', '1.0'));
    const { code, stdout, stderr } = await wheelstore(words, { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'foo  1.0  1 file\n' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toContain('store: ./packages (default)');
    expect(lines).toContain('repository: folder ./packages');
    const requests = lines.filter((line) => REQUEST.test(line));
    expect(requests).toEqual([
      expect.stringMatching(/^list records\/default\/: 1 found/),
      expect.stringMatching(/^get records\/default\/foo\.json: \d+ bytes/),
    ]);
  });

  it('tells where each setting comes from', async () => {
    const { folder } = await publishedWorkplace(...small('foo', '1.0'));
    mkdirSync(join(folder, '.git'));
    const file = join(folder, 'wheelstore.toml');
    writeFileSync(file, 'store = "packages"');
    const env = { WHEELSTORE_CONFIG: undefined, WHEELSTORE_JOBS: '2' };
    const { stderr } = await wheelstore(['show', 'foo', '-v'], { cwd: folder, env });
    expect(stderr).toContain(`configuration file: ${file}\n`);
    expect(stderr).toContain(`store: ${join(folder, 'packages')} (${file})\n`);
    expect(stderr).toContain('jobs: 2 (variable WHEELSTORE_JOBS)\n');
    const quiet = await wheelstore(['show', 'foo'], { cwd: folder, env });
    expect(quiet).toMatchObject({ code: 0, stderr: '' });
  });

  it('can stand in one word with other flags', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    for (const flags of ['-fv', '-vf']) {
      const { code, stderr } = await wheelstore(['upload', flags, 'dist'], { cwd: folder });
      expect(code).toBe(0);
      expect(stderr).toMatch(/^replace simple\/foo\/index\.html: written|^head simple\/foo\/index\.html: /m);
    }
  });

  it('tells no secret of what it sends to a bucket', async () => {
    const server = await startS3Server({ buckets: ['wheels'] });
    try {
      const { accessKeyId, secretAccessKey } = server.credentials;
      const { dist } = workplace(...small('foo', '1.0'));
      const words = ['upload', dist, '-v', '--bucket', 'wheels', '--s3-endpoint-url', server.endpoint];
      const env = {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_CONFIG_FILE: '/nonexistent',
        AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      };
      const { code, stderr } = await wheelstore(words, { env });
      expect(code).toBe(0);
      expect(stderr).toMatch(/^create files\/foo\/.*\.whl: created, /m);
      expect(stderr).toContain('repository: bucket s3://wheels at http://127.0.0.1');
      for (const secret of [accessKeyId, secretAccessKey]) expect(stderr).not.toContain(secret);
    } finally {
      await server.close();
    }
  });

  it.skipIf(!hasPseudoTerminal)('has no bar that moves', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    const { stdout } = await onTerminal(['upload', 'dist', '-v'], { cwd: folder });
    expect(stdout).toContain('create files/foo/');
    expect(stdout).not.toContain('█');
    expect(stdout).not.toContain('\u001b[K');
  });
});

describe('A store that tells what is asked of it', () => {
  it('tells what comes of each request, and hands on each result and failure', async () => {
    const lines: string[] = [];
    const denied = new WheelstoreError('access-denied', 'No');
    let failing = false;
    const inner = new InterceptedStore(new MemoryStore(), async (_operation, proceed) => {
      if (failing) throw denied;
      return proceed();
    });
    const store = explained(inner, (line) => lines.push(line.replace(/, \d+\.\d ms$/, '')));
    expect(store.description).toBe(inner.description);
    const written = await store.replace('simple/index.html', encode('x'), undefined, HEADERS);
    expect(written).toMatchObject({ outcome: 'written' });
    expect(await store.replace('simple/index.html', encode('y'), undefined, HEADERS)).toEqual({
      outcome: 'lost',
    });
    await store.head('simple/index.html');
    expect(await store.get('simple/foo/index.html')).toBe(undefined);
    await (await store.open('simple/index.html'))?.close();
    await store.remove('files/a');
    for await (const { key } of store.list('simple/')) expect(key).toBe('simple/index.html');
    // oxlint-disable-next-line no-unreachable-loop
    for await (const _ of store.list('simple/')) break;
    failing = true;
    await expect(store.head('simple/index.html')).rejects.toBe(denied);
    await expect(store.list('simple/')[Symbol.asyncIterator]().next()).rejects.toBe(denied);
    expect(lines).toEqual([
      'replace simple/index.html: written',
      'replace simple/index.html: lost',
      'head simple/index.html: 1 bytes',
      'get simple/foo/index.html: absent',
      'open simple/index.html: 1 bytes',
      'remove files/a: removed',
      'list simple/: 1 found',
      'list simple/: not read to its end',
      'head simple/index.html: failed (access-denied)',
      'list simple/: failed (access-denied)',
    ]);
  });

  it('is the store itself where nobody wants to know', () => {
    const store = new MemoryStore();
    expect(explained(store, undefined)).toBe(store);
  });
});
