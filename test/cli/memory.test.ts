import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startProcess, wheelstore } from '../support/command.ts';
import { writeStreamedWheel } from '../support/streamed-wheel.ts';
import { temporaryFolder } from '../support/temporary.ts';

const SERVER = fileURLToPath(new URL('../support/s3-server.ts', import.meta.url));
const MEBIBYTE = 1024 * 1024;

/** What Linux tells of a process: most other systems count that of its parent too, or nothing. */
const STATUS = '/proc/self/status';

/** Has node print, at its end, how much memory it had at the most, in KiB: `peak: 12345 kB`. */
const PRINT_PEAK = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import fs from 'node:fs';
    process.on('exit', () => {
      const peak = /^VmHWM:\\s*(.*)$/m.exec(fs.readFileSync('${STATUS}', 'utf8'))[1];
      process.stderr.write('peak: ' + peak + '\\n');
    });
  `)}`,
];

/** A server that needs its memory for what it was given. */
async function startServer(bucket: string): Promise<string> {
  const words = ['--import', 'tsx', SERVER, '--bucket', bucket];
  const { printed } = startProcess(process.execPath, words);
  return (await printed(/^http:\S+$/m))[0];
}

describe.skipIf(!existsSync(STATUS))(`The memory of an upload (needs ${STATUS})`, () => {
  it.each(['bucket', 'folder'])('stays below 150 MiB for a wheel of 200 MiB into a %s', async (kind) => {
    const folder = temporaryFolder();
    const wheel = join(folder, 'large-1.0-py3-none-any.whl');
    await writeStreamedWheel(wheel, { name: 'large', version: '1.0', size: 200 * MEBIBYTE });
    expect(statSync(wheel).size).toBeGreaterThan(200 * MEBIBYTE);
    const place =
      kind === 'bucket'
        ? ['--bucket', 'large', '--s3-endpoint-url', await startServer('large')]
        : ['--store', join(folder, 'packages')];
    const { code, stdout, stderr } = await wheelstore(['upload', wheel, ...place], {
      nodeOptions: PRINT_PEAK,
      env: {
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'testtest',
        AWS_CONFIG_FILE: '/nonexistent',
        AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      },
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('1 file published') });
    const peak = Number(/^peak: (\d+) kB$/m.exec(stderr)?.[1]);
    expect(peak).toBeGreaterThan(20 * 1024);
    expect(peak).toBeLessThan(150 * 1024);
  });
});
