import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildWheel } from '../../support/distributions.ts';
import { describePips, freshPath, installedIn, type Pip, type Run, run, runPip } from '../../support/pips.ts';
import type { Served } from '../../support/published.ts';
import type { PrivateTransport } from '../transports.ts';

const TAGS = 'py2.py3-none-any';
const wheel = (name: string, requiresDist: readonly string[] = []) =>
  buildWheel({ name, version: '1.0', requiresDist, tags: TAGS });

interface Outcome extends Run {
  readonly installed: readonly string[];
}

/** The URL of the index with a token in it, for any user. */
function withToken({ index }: Served, token: string, user = '__token__'): string {
  return index.replace('://', `://${user}:${token}@`);
}

async function install(
  pip: Pip,
  { trust }: Served,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const target = freshPath();
  const options = ['--no-cache-dir', '--no-compile', '--target', target];
  const result = await runPip(pip, ['install', ...trust, ...options, ...words], { env });
  return { ...result, installed: await installedIn(target) };
}

/** All that a private index has been asked for, by whether it gave it. */
async function asked(served: Served): Promise<{ given: readonly string[]; refused: readonly string[] }> {
  const { pages, files, metadata, others } = await served.finish();
  return { given: [...new Set([...pages, ...files, ...metadata])].sort(), refused: others };
}

// Answers what pip asks on its terminal; the terminal is all that pip looks for where it asks.
const ANSWERING = `
import os, pty, sys, select, json
answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said = b''
asked = 0
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    said += data
    while asked < len(answers) and answers[asked][0].encode() in said:
        said = said.split(answers[asked][0].encode(), 1)[1]
        os.write(terminal, (answers[asked][1] + '\\n').encode())
        asked += 1
sys.stdout.write('asked %d times\\n' % asked)
sys.exit(0 if os.waitpid(child, 0)[1] == 0 else 1)
`;

/** What pip does with a private index. */
export function keepsPrivate(transport: PrivateTransport, pips: readonly Pip[]): void {
  const { repository, issue, revoke } = transport.newIndex();
  let token = '';

  beforeAll(async () => {
    await repository.add(wheel('top', ['bottom']), wheel('bottom'), wheel('acme-tool'), wheel('other'));
    token = await issue({ name: 'everything' });
  });

  describePips(pips, `A private index ${transport.through}`, (pip) => {
    it('takes a token in the index URL, which goes for the files too', async () => {
      const served = await repository.serve();
      const { installed, output } = await install(pip, served, [
        '--index-url',
        withToken(served, token),
        'top',
      ]);
      const { given, refused } = await asked(served);
      expect(installed, output).toEqual(['bottom-1.0', 'top-1.0']);
      expect(given).toContain(wheel('bottom').filename);
      expect(refused).toEqual([]);
      expect(output).not.toContain(token);
    });

    it('takes a token from pip.conf', async () => {
      const served = await repository.serve();
      const file = freshPath();
      await writeFile(file, `[global]\nindex-url = ${withToken(served, token, 'anyone')}\n`);
      const { installed, output } = await install(pip, served, ['top'], { PIP_CONFIG_FILE: file });
      expect((await asked(served)).refused, output).toEqual([]);
      expect(installed).toEqual(['bottom-1.0', 'top-1.0']);
    });

    it('takes a token from netrc', async () => {
      const served = await repository.serve();
      const home = freshPath();
      await mkdir(home, { recursive: true });
      const machine = new URL(served.url).hostname;
      await writeFile(join(home, '.netrc'), `machine ${machine} login __token__ password ${token}\n`, {
        mode: 0o600,
      });
      const words = ['--index-url', served.index, 'top'];
      const { installed, output } = await install(pip, served, words, { HOME: home, USERPROFILE: home });
      await served.finish();
      expect(installed, output).toEqual(['bottom-1.0', 'top-1.0']);
    });

    it('gives nothing to those without a token, and with a wrong one', async () => {
      const wrong = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
      for (const index of ['', wrong]) {
        const served = await repository.serve();
        const url = index === '' ? served.index : withToken(served, wrong);
        const { installed, status, output } = await install(pip, served, ['--index-url', url, 'bottom']);
        const { given, refused } = await asked(served);
        expect(status, output).not.toBe(0);
        expect({ installed, given }).toEqual({ installed: [], given: [] });
        expect(new Set(refused)).toEqual(new Set(['GET /simple/bottom/ 401']));
      }
    });

    it('is closed to a token from the moment that it is revoked', async () => {
      const name = `short-lived-${pip.label.replaceAll(/[^a-z0-9.]+/gi, '-')}`;
      const short = await issue({ name });
      const served = await repository.serve();
      const words = ['--index-url', withToken(served, short), 'bottom'];
      expect((await install(pip, served, words)).installed).toEqual(['bottom-1.0']);
      await revoke(name);
      const { installed, status } = await install(pip, served, words);
      await served.finish();
      expect(installed).toEqual([]);
      expect(status).not.toBe(0);
    });

    it('shows a token for some projects these alone', async () => {
      const name = `acme-${pip.label.replaceAll(/[^a-z0-9.]+/gi, '-')}`;
      const some = await issue({ name, projects: ['acme-*'] });
      const served = await repository.serve();
      const url = withToken(served, some);
      const own = await install(pip, served, ['--index-url', url, 'Acme_Tool']);
      const others = await install(pip, served, ['--index-url', url, 'other']);
      const { given, refused } = await asked(served);
      expect(own.installed, own.output).toEqual(['acme_tool-1.0']);
      expect(others.installed, others.output).toEqual([]);
      expect(given).not.toContain('other');
      expect(refused).toContain('GET /simple/other/ 404');
    });

    it('has pip ask for user and password', async () => {
      const served = await repository.serve();
      const target = freshPath();
      const command = [pip.python, '-m', 'pip', 'install', ...served.trust, '--no-cache-dir', '--no-compile'];
      const words = [...command, '--index-url', served.index, '--target', target, 'bottom'];
      const answers = JSON.stringify([
        ['User for ', '__token__'],
        ['Password:', token],
        ['Save credentials', 'n'],
      ]);
      const env = { PIP_NO_INPUT: '', ...(pip.pipFolder === undefined ? {} : { PYTHONPATH: pip.pipFolder }) };
      const { output } = await run('python3', ['-c', ANSWERING, answers, ...words], { env });
      const { refused } = await asked(served);
      expect(await installedIn(target), output).toEqual(['bottom-1.0']);
      expect(refused).toContain('GET /simple/bottom/ 401');
    });
  });
}
