import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildSampleWheel } from '../../cli/quickstart/sample.ts';
import { bytesInMemory } from '../../core/bytes.ts';
import { inspectDistribution } from '../../core/distribution.ts';
import { buildWheel } from '../support/distributions.ts';
import { COMMAND, runProcess, startWheelstore, wheelstore } from '../support/command.ts';
import { describeWithPython } from '../support/python.ts';
import { startS3Server } from '../support/s3-server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectRefusal } from './outcomes.ts';
import { snapshotOf, workplace, writeFiles } from './repositories.ts';

/** An environment whose temporary folder is seen to be left empty. */
function watchedTemporary(): { folder: string; env: Record<string, string> } {
  const folder = temporaryFolder();
  return { folder, env: { TMPDIR: folder, TEMP: folder, TMP: folder } };
}

const NO_PYTHON = { PATH: '/nonexistent', Path: '/nonexistent' };

describeWithPython('quickstart', () => {
  it('--once publishes a sample, serves it, installs it and shows it', async () => {
    const { folder, env } = watchedTemporary();
    const { code, stdout, stderr } = await wheelstore(['quickstart', '--once'], { env, cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const steps = [...stdout.matchAll(/^==> (.*)$/gm)].map(([, title]) => title);
    expect(steps).toEqual([
      'Build a sample package',
      expect.stringContaining(`Publish to the folder ${folder}`),
      expect.stringMatching(/^Serve it at http:\/\/127\.0\.0\.1:\d+\/simple\/$/),
      expect.stringMatching(
        /^python3 -m pip install --index-url http:\S+\/simple\/ .*hello-wheelstore==1\.0$/,
      ),
      'Import it',
    ]);
    expect(stdout).toContain('Successfully installed hello-wheelstore-1.0');
    expect(stdout).toContain('Hello from your own package index!');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('never writes where a configuration file and variables point', async () => {
    const { folder, env } = watchedTemporary();
    const server = await startS3Server({ buckets: ['production'] });
    onTestFinished(() => server.close());
    const work = temporaryFolder();
    const settings = `bucket = "production"\ns3-endpoint-url = "${server.endpoint}"\n`;
    writeFileSync(join(work, 'wheelstore.toml'), settings);
    const { accessKeyId, secretAccessKey } = server.credentials;
    const pointing = {
      WHEELSTORE_CONFIG: undefined,
      WHEELSTORE_BUCKET: 'production',
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    // In that folder, and with these variables, other commands do go there.
    const list = await wheelstore(['list'], { env: pointing, cwd: work });
    expect(list).toMatchObject({ code: 0, stdout: '' });
    expect(server.log.entries).not.toEqual([]);
    server.log.clear();
    const ending = await wheelstore(['quickstart', '--once', '-v'], {
      env: { ...env, ...pointing },
      cwd: work,
    });
    expect(ending.code).toBe(0);
    expect(ending.stderr).toMatch(/^create files\/hello-wheelstore\//m);
    expect(server.log.entries).toEqual([]);
    expect(server.keys('production')).toEqual([]);
    expect(readdirSync(work)).toEqual(['wheelstore.toml']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes own files, which may need what is not there', async () => {
    const { folder, env } = watchedTemporary();
    const { dist } = workplace(
      buildWheel({ name: 'mine', version: '1.0', requiresDist: ['absent-of-all>=2'] }),
      buildWheel({ name: 'mine', version: '1.1', requiresDist: ['absent-of-all>=2', 'other'] }),
      buildWheel({ name: 'other', version: '2.0' }),
    );
    const ending = await wheelstore(['quickstart', '--once', `${dist}/*.whl`], { env });
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(ending.stdout).toContain('==> Check your files\n  mine-1.0-py3-none-any.whl\n');
    expect(ending.stdout).toContain('3 files published');
    expect(ending.stdout).toContain('left out: absent-of-all\n');
    expect(ending.stdout).toMatch(/Successfully installed mine-1\.1 other-2\.0/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('--once has the status of pip', async () => {
    const { folder, env } = watchedTemporary();
    const { dist } = workplace(buildWheel({ name: 'mine', version: '1.0', requiresPython: '<3' }));
    const { code, stdout } = await wheelstore(['quickstart', '--once', dist], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/Requires-Python|requires a different Python|No matching distribution/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('goes on serving until Ctrl-C, and prints the URLs and the line to copy', async () => {
    const { folder, env } = watchedTemporary();
    const running = startWheelstore(['quickstart'], { env });
    const [, url = ''] = await running.printed(/Project list: {2}(http:\S+\/)simple\/\n/);
    await running.printed(new RegExp(`Project page: {2}${url}simple/hello-wheelstore/\n`));
    await running.printed(new RegExp(`pip install --index-url ${url}simple/ hello-wheelstore\n`));
    const page = await fetch(`${url}simple/hello-wheelstore/`);
    expect(await page.text()).toContain('hello_wheelstore-1.0-py3-none-any.whl');
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'leaves nothing behind when nobody reads what it prints',
    async () => {
      const { folder, env } = watchedTemporary();
      const script = ['-c', '"$@" | head -2', 'sh', process.execPath, COMMAND, 'quickstart', '--once'];
      expect((await runProcess('sh', script, { env })).stderr).toBe('');
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});

describe('quickstart without Python', () => {
  it('says so, and still publishes and serves', async () => {
    const { folder, env } = watchedTemporary();
    const running = startWheelstore(['quickstart'], { env: { ...env, ...NO_PYTHON } });
    await running.printed(/There is no python3 with pip on this machine, so nothing was installed\./);
    const [, url = ''] = await running.printed(/Project page: {2}(http:\S+)\n/);
    expect(await (await fetch(url)).text()).toContain('hello_wheelstore-1.0-py3-none-any.whl');
    running.child.kill('SIGINT');
    const { signal, stderr } = await running.ended;
    expect(signal).toBeNull();
    expect(stderr).not.toMatch(/defect:| {4}at /);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('--once says so, publishes, and ends with 1', async () => {
    const { folder, env } = watchedTemporary();
    const { code, stdout } = await wheelstore(['quickstart', '--once'], { env: { ...env, ...NO_PYTHON } });
    expect(code).toBe(1);
    expect(stdout).toContain('1 file published, 0 already there.');
    expect(stdout).toContain('There is no python3 with pip');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('quickstart with files that are no good', () => {
  it('reports them all, and leaves nothing behind', async () => {
    const { folder, env } = watchedTemporary();
    const { dist } = workplace({ filename: 'one-1.0-py3-none-any.whl', bytes: new Uint8Array(3) });
    const [other = ''] = writeFiles(dist, [{ filename: 'two.tar.gz', bytes: new Uint8Array(3) }]);
    const before = snapshotOf(dist);
    const ending = await wheelstore(['quickstart', '--once', dist, join(dist, '*.egg')], { env });
    expect(ending.code).toBe(1);
    expect(ending.stderr).toContain('*.egg" matches no file');
    const files = await wheelstore(['quickstart', '--once', dist], { env });
    expectRefusal({ ...files, stdout: '' }, 1, 'one-1.0', basename(other));
    expect(snapshotOf(dist)).toEqual(before);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('ends with 130 after Ctrl-C before it serves, and leaves nothing behind', async () => {
    const { folder, env } = watchedTemporary();
    // It is interrupted when it writes its sample, which is before it publishes.
    const nodeOptions = [
      '--import',
      `data:text/javascript,${encodeURIComponent(`
        import fs from 'node:fs/promises';
        import process from 'node:process';
        import { syncBuiltinESMExports } from 'node:module';
        const writeFile = fs.writeFile;
        fs.writeFile = (...words) => {
          process.kill(process.pid, 'SIGINT');
          return writeFile(...words);
        };
        syncBuiltinESMExports();
      `)}`,
    ];
    const ending = await wheelstore(['quickstart', '--once'], { env, nodeOptions });
    expect(ending).toMatchObject({ code: 130, signal: null });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('The sample of the quickstart', () => {
  it('is a wheel that passes every check, always with the same bytes', async () => {
    const { filename, bytes } = buildSampleWheel();
    const sample = await inspectDistribution(filename, bytesInMemory(bytes));
    expect(sample).toMatchObject({ project: 'hello-wheelstore', version: '1.0', warnings: [] });
    expect(buildSampleWheel().bytes).toEqual(bytes);
  });
});
