import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../cli/client-config/clients.ts';
import type { Machine } from '../../cli/client-config/machine.ts';
import { generateToken } from '../../core/access/token.ts';
import { runProcess, wheelstore, type Ending } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectExplanation, expectRefusal } from './outcomes.ts';

const TOKEN = generateToken();
const WITH_TOKEN = `https://__token__:${TOKEN}@pypi.example.com/simple/`;
const NETRC_LINE = `machine pypi.example.com login __token__ password ${TOKEN}\n`;

type Variables = Readonly<Record<string, string | undefined>>;

/** A user with a home folder that has nothing in it. */
function user() {
  const home = temporaryFolder();
  const env = (more: Variables): Variables => ({
    HOME: home,
    WHEELSTORE_TOKEN: TOKEN,
    ...Object.fromEntries(
      [
        'XDG_CONFIG_HOME',
        'VIRTUAL_ENV',
        'NETRC',
        'UV_CONFIG_FILE',
        'PDM_CONFIG_FILE',
        'POETRY_CONFIG_DIR',
      ].map((name) => [name, undefined]),
    ),
    ...more,
  });
  const words = (more: readonly string[]): string[] => [
    'client-config',
    ...more,
    '--write',
    '--index-url',
    'https://pypi.example.com',
  ];
  return {
    home,
    path: (name: string) => join(home, name),
    write: (given: readonly string[], more: Variables = {}, nodeOptions: readonly string[] = []) =>
      wheelstore(words(given), { env: env(more), nodeOptions }),
  };
}

function put(path: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
}

/** Permissions of a file or folder, as `600`. */
function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Every path below a folder, and the bytes of what is a file. */
function everythingIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      const stats = lstatSync(path);
      return [name, stats.isFile() ? `${stats.mode & 0o777} ${readFileSync(path, 'utf8')}` : `${stats.mode}`];
    }),
  );
}

/** The client that refused has printed the lines, and said which file it has left as it was. */
function expectConflict(ending: Ending, path: string, ...lines: readonly string[]): void {
  expect(ending.code).toBe(1);
  expectExplanation(ending, path, 'by hand');
  expect(ending.stderr).not.toContain(TOKEN);
  for (const line of lines) expect(ending.stdout.split('\n')).toContain(line);
}

const WRITTEN: readonly [client: string, path: string, text: string, remains: string][] = [
  ['pip', '.config/pip/pip.conf', `[global]\nindex-url = ${WITH_TOKEN}\n`, ''],
  [
    'uv',
    '.config/uv/uv.toml',
    `[[index]]\nname = "wheelstore"\nurl = "${WITH_TOKEN}"\ndefault = true\nauthenticate = "always"\n`,
    '',
  ],
  [
    'poetry',
    '.config/pypoetry/auth.toml',
    `[http-basic.wheelstore]\nusername = "__token__"\npassword = "${TOKEN}"\n`,
    '[[tool.poetry.source]]',
  ],
  [
    'pdm',
    '.config/pdm/config.toml',
    `[pypi]\nurl = "https://pypi.example.com/simple/"\nusername = "__token__"\npassword = "${TOKEN}"\n`,
    '',
  ],
  ['netrc', '.netrc', NETRC_LINE, ''],
];

describe.skipIf(process.platform === 'win32')('client-config --write', () => {
  it.each(WRITTEN)('makes the file of %s, which nobody else can read', async (name, file, text, remains) => {
    const { home, path, write } = user();
    const ending = await write([name]);
    expect(ending.code).toBe(0);
    expect(ending.stderr).toContain(`Wrote ${path(file)}, which only you can read.`);
    expect(ending.stderr).not.toContain(TOKEN);
    expect(ending.stdout).toContain(remains);
    expect(ending.stdout === '').toBe(remains === '');
    expect(ending.stdout).not.toContain(TOKEN);
    expect(readFileSync(path(file), 'utf8')).toBe(text);
    expect(modeOf(path(file))).toBe('600');
    for (let folder = dirname(path(file)); folder !== home; folder = dirname(folder)) {
      expect(modeOf(folder)).toBe('700');
      expect(readdirSync(folder)).toHaveLength(1);
    }
  });

  it.each(WRITTEN)('changes nothing the second time: %s', async (name, file) => {
    const { home, path, write } = user();
    await write([name]);
    const before = { ...everythingIn(home), ino: statSync(path(file)).ino };
    const again = await write([name]);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain(`${path(file)} has it already; nothing was added.`);
    expect({ ...everythingIn(home), ino: statSync(path(file)).ino }).toEqual(before);
  });

  it.each(WRITTEN)('adds to what is there, and leaves it as it is: %s', async (name, file, text) => {
    const { path, write } = user();
    put(path(file), '# mine\r\n# too');
    const ending = await write([name]);
    expect(ending.stderr).toContain(`Added to ${path(file)}; what was there is as it was.`);
    expect(readFileSync(path(file), 'utf8')).toBe(`# mine\r\n# too\r\n\r\n${text.replaceAll('\n', '\r\n')}`);
    expect(modeOf(path(file))).toBe('600');
  });

  it.each([
    ['pip', '.config/pip/pip.conf', '[global]\nindex-url = https://me:mine@x.example/\n', '[global]'],
    [
      'uv',
      '.config/uv/uv.toml',
      '[[index]]\nurl = "https://me:mine@x.example"\ndefault = true\n',
      '[[index]]',
    ],
    [
      'poetry',
      '.config/pypoetry/auth.toml',
      '[http-basic.wheelstore]\npassword = "mine"\n',
      'priority = "primary"',
    ],
    ['pdm', '.config/pdm/config.toml', '[pypi]\npassword = "mine"\n', '[pypi]'],
    ['netrc', '.netrc', 'machine pypi.example.com login me password mine\n', NETRC_LINE.trim()],
    ['uv', '.config/uv/uv.toml', 'this is mine\n', '[[index]]'],
    ['pip', '.config/pip/pip.conf', '\ufeff[global]\n', '[global]'],
    ['pip', '.config/pip/pip.conf', '[global]\ntimeout = \u0001mine\n', '[global]'],
  ])(
    'leaves a file of %s that says something else, and prints the lines: %s %j',
    async (name, file, text, line) => {
      const { home, path, write } = user();
      put(path(file), text, 0o644);
      const before = everythingIn(home);
      const ending = await write([name]);
      expectConflict(ending, path(file), line);
      expect(ending.stderr).not.toContain('mine');
      expect(everythingIn(home)).toEqual(before);
    },
  );

  it('leaves a file that is no text', async () => {
    const { path, write } = user();
    mkdirSync(dirname(path('.netrc')), { recursive: true });
    writeFileSync(path('.netrc'), Buffer.from([0x6d, 0xff, 0xfe]));
    expectConflict(await write(['netrc']), path('.netrc'), NETRC_LINE.trim());
    expect([...readFileSync(path('.netrc'))]).toEqual([0x6d, 0xff, 0xfe]);
  });

  it('keeps others from reading a file that gets a secret, and says so', async () => {
    const { path, write } = user();
    put(path('.netrc'), 'machine a login b password c\n', 0o644);
    const ending = await write(['netrc']);
    expect(ending.stderr).toContain('Now only you can (mode 0600)');
    expect(modeOf(path('.netrc'))).toBe('600');
    chmodSync(path('.netrc'), 0o640);
    const again = await write(['netrc']);
    expect(again.stderr).toContain('has it already');
    expect(again.stderr).toContain('Now only you can (mode 0600)');
    expect(modeOf(path('.netrc'))).toBe('600');
  });

  it('leaves others their rights where there is no secret', async () => {
    const { path, write } = user();
    const file = path('.config/pip/pip.conf');
    put(file, '[global]\ntimeout = 5\n', 0o644);
    const ending = await write(['pip', '--no-token']);
    expect(ending.stderr).not.toContain('0600');
    expect(modeOf(file)).toBe('644');
    expect(readFileSync(file, 'utf8')).toContain('\nindex-url = https://pypi.example.com/simple/\n');
  });

  it('needs a token, or a word that there is none', async () => {
    const { home, write } = user();
    expectRefusal(await write(['pip'], { WHEELSTORE_TOKEN: undefined }), 2, '--write needs the token');
    expect(everythingIn(home)).toEqual({});
  });

  it('is refused for twine, with what there is instead', async () => {
    const { home, write } = user();
    const ending = await write(['twine']);
    expect(ending).toMatchObject({ code: 1, stdout: expect.stringContaining('wheelstore upload dist/*') });
    expectExplanation(ending, 'takes no uploads over HTTP');
    expect(everythingIn(home)).toEqual({});
  });

  it('needs a home folder', async () => {
    for (const HOME of [undefined, '']) {
      const { write } = user();
      expectRefusal(await write(['pip'], { HOME }), 1, 'HOME is not set');
      expectRefusal(await write(['netrc'], { HOME }), 1, 'HOME is not set');
    }
    const { write } = user();
    expectRefusal(await write(['uv'], { HOME: 'some/where' }), 2, 'HOME is "some/where"');
  });

  it('tells of variables that go before the file', async () => {
    const { write } = user();
    const { code, stderr } = await write(['pip'], { PIP_INDEX_URL: 'https://other.example' });
    expect(code).toBe(0);
    expect(stderr).toContain('warning: the variable PIP_INDEX_URL is set');
  });
});

describe.skipIf(process.platform === 'win32')('The file that --write writes', () => {
  it('is what a link leads to', async () => {
    const { path, write } = user();
    put(path('dotfiles/netrc'), '', 0o644);
    symlinkSync('dotfiles/netrc', path('link'));
    symlinkSync('link', path('.netrc'));
    const { code, stderr } = await write(['netrc']);
    expect(code).toBe(0);
    expect(stderr).toContain(`Added to ${path('dotfiles/netrc')}`);
    expect(readlinkSync(path('.netrc'))).toBe('link');
    expect(readFileSync(path('dotfiles/netrc'), 'utf8')).toBe(NETRC_LINE);
    expect(modeOf(path('dotfiles/netrc'))).toBe('600');
    expect(readdirSync(path('dotfiles'))).toEqual(['netrc']);
  });

  it('is no link that leads nowhere', async () => {
    const { path, write } = user();
    symlinkSync('nowhere', path('.netrc'));
    expectRefusal(await write(['netrc']), 1, path('.netrc'), 'leads nowhere');
    expect(existsSync(path('nowhere'))).toBe(false);
  });

  it('is a regular file', async () => {
    const { path, write } = user();
    mkdirSync(path('.netrc'));
    expectRefusal(await write(['netrc']), 1, path('.netrc'), 'no regular file');
    const other = user();
    await runProcess('mkfifo', [other.path('.netrc')]);
    expectRefusal(await other.write(['netrc']), 1, other.path('.netrc'), 'no regular file');
    expectRefusal(await other.write(['pip'], { PIP_CONFIG_FILE: '/dev/null' }), 1, '"/dev/null"');
    put(other.path('large'), '#'.repeat(1024 * 1024 + 1));
    expectRefusal(await other.write(['netrc'], { NETRC: other.path('large') }), 1, 'more than 1048576 bytes');
  });

  it.runIf(process.getuid?.() === 0)('is this user’s own', async () => {
    const { path, write } = user();
    put(path('.netrc'), '');
    chownSync(path('.netrc'), 12_345, 12_345);
    expectRefusal(await write(['netrc']), 1, path('.netrc'), 'belongs to another user (12345)');
    expect(readFileSync(path('.netrc'), 'utf8')).toBe('');
  });

  it.each<[string, Variables, string]>([
    ['pip', { PIP_CONFIG_FILE: 'named/pip.conf' }, 'named/pip.conf'],
    ['pip', { XDG_CONFIG_HOME: 'xdg' }, 'xdg/pip/pip.conf'],
    ['uv', { XDG_CONFIG_HOME: 'xdg' }, 'xdg/uv/uv.toml'],
    ['uv', { UV_CONFIG_FILE: 'my.toml' }, 'my.toml'],
    ['poetry', { POETRY_CONFIG_DIR: 'poetry' }, 'poetry/auth.toml'],
    ['pdm', { PDM_CONFIG_FILE: 'pdm.toml' }, 'pdm.toml'],
    ['netrc', { NETRC: 'my-netrc' }, 'my-netrc'],
  ])('of %s is the one that a variable names: %j', async (name, variables, file) => {
    const { home, path, write } = user();
    const whole = Object.fromEntries(
      Object.entries(variables).map(([variable, value]) => [variable, path(value ?? '')]),
    );
    expect((await write([name], whole)).code).toBe(0);
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.map(({ parentPath, name: found }) => join(parentPath, found))).toEqual([path(file)]);
  });

  it('of pip is that of a virtual environment that has one', async () => {
    const { path, write } = user();
    put(path('venv/pip.conf'), '');
    expect((await write(['pip'], { VIRTUAL_ENV: path('venv') })).stderr).toContain(path('venv/pip.conf'));
    mkdirSync(path('other'));
    const { stderr } = await write(['pip'], { VIRTUAL_ENV: path('other') });
    expect(stderr).toContain(path('.config/pip/pip.conf'));
  });

  it('is left alone where a variable is no whole path', async () => {
    const { home, write } = user();
    expectRefusal(await write(['uv'], { XDG_CONFIG_HOME: 'config' }), 2, 'XDG_CONFIG_HOME is "config"');
    expect(everythingIn(home)).toEqual({});
  });
});

describe('Where the files of other systems are', () => {
  const pathOn = (platform: NodeJS.Platform, name: string, env: Variables, there: readonly string[] = []) => {
    const machine: Machine = { platform, env, isThere: (path) => there.includes(path) };
    const file = CLIENTS.get(name)?.file;
    return file === undefined || 'none' in file ? undefined : file.path(machine);
  };

  it.each([
    ['pip', '/Users/me/.config/pip/pip.conf'],
    ['uv', '/Users/me/.config/uv/uv.toml'],
    ['poetry', '/Users/me/Library/Application Support/pypoetry/auth.toml'],
    ['pdm', '/Users/me/Library/Application Support/pdm/config.toml'],
    ['netrc', '/Users/me/.netrc'],
  ])('macOS: %s', (name, expected) => {
    expect(pathOn('darwin', name, { HOME: '/Users/me' })).toBe(expected);
  });

  it('macOS: pip in its older folder, where it is there', () => {
    const folder = '/Users/me/Library/Application Support/pip';
    expect(pathOn('darwin', 'pip', { HOME: '/Users/me' }, [folder])).toBe(`${folder}/pip.conf`);
  });

  it.each([
    ['pip', 'C:\\Users\\me\\AppData\\Roaming\\pip\\pip.ini'],
    ['uv', 'C:\\Users\\me\\AppData\\Roaming\\uv\\uv.toml'],
    ['poetry', 'C:\\Users\\me\\AppData\\Roaming\\pypoetry\\auth.toml'],
    ['pdm', 'C:\\Users\\me\\AppData\\Local\\pdm\\pdm\\config.toml'],
    ['netrc', 'C:\\Users\\me\\_netrc'],
  ])('Windows: %s', (name, expected) => {
    const home = 'C:\\Users\\me';
    const env = {
      USERPROFILE: home,
      APPDATA: `${home}\\AppData\\Roaming`,
      LOCALAPPDATA: `${home}\\AppData\\Local`,
    };
    expect(pathOn('win32', name, env)).toBe(expected);
  });

  it('Windows: a netrc with a dot, where it is there', () => {
    const path = 'C:\\Users\\me\\.netrc';
    expect(pathOn('win32', 'netrc', { USERPROFILE: 'C:\\Users\\me' }, [path])).toBe(path);
  });
});

/** Runs code in the command, in place of or before a step of writing a file. */
function at(step: string, code: string): string[] {
  const script = `
    import fs from 'node:fs';
    import process from 'node:process';
    import { syncBuiltinESMExports } from 'node:module';
    const original = fs.${step};
    fs.${step} = (...words) => { ${code}; return original(...words); };
    syncBuiltinESMExports();
  `;
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
}

const fail = (code: string): string =>
  `throw Object.assign(new Error('as the test wants it'), { code: '${code}', syscall: 'any' })`;

describe.skipIf(process.platform === 'win32')('Writing', () => {
  it.each([
    ['SIGINT', 'fsyncSync'],
    ['SIGTERM', 'writeFileSync'],
    ['SIGHUP', 'renameSync'],
    ['SIGINT', 'fchmodSync'],
  ])('is not ended half-way by %s at %s', async (signal, step) => {
    const { path, write } = user();
    put(path('.netrc'), '# mine\n');
    const ending = await write(['netrc'], {}, at(step, `process.kill(process.pid, '${signal}')`));
    expect(ending).toMatchObject({ code: 0, signal: null });
    expect(readFileSync(path('.netrc'), 'utf8')).toBe(`# mine\n\n${NETRC_LINE}`);
    expect(readdirSync(path('.'))).toEqual(['.netrc']);
  });

  it.each([
    ['ENOSPC', 'writeFileSync', 'No space is left'],
    ['EIO', 'fsyncSync', 'Cannot write'],
    ['EACCES', 'renameSync', 'No permission to write'],
  ])('that fails with %s at %s leaves what was there, and nothing else', async (code, step, text) => {
    const { path, write, home } = user();
    put(path('.netrc'), '# mine\n', 0o644);
    const before = everythingIn(home);
    const ending = await write(['netrc'], {}, at(step, fail(code)));
    expectRefusal(ending, 1, text, path('.netrc'));
    expect(ending.stderr).not.toContain(TOKEN);
    expect(everythingIn(home)).toEqual(before);
  });

  it('is given up where another program has written the file meanwhile', async () => {
    const { path, write } = user();
    put(path('.netrc'), '# mine\n');
    const meanwhile = `if (!globalThis.done) fs.writeFileSync('${path('.netrc')}', '# other\\n'); globalThis.done = true`;
    expectRefusal(await write(['netrc'], {}, at('fsyncSync', meanwhile)), 1, 'Another program');
    expect(everythingIn(path('.'))).toEqual({ '.netrc': expect.stringContaining('# other\n') });
  });

  it('is given up where another program has made the file meanwhile', async () => {
    const { path, write } = user();
    const meanwhile = `fs.writeFileSync('${path('.netrc')}', '# other\\n')`;
    expectRefusal(await write(['netrc'], {}, at('linkSync', meanwhile)), 1, 'Another program');
    expect(everythingIn(path('.'))).toEqual({ '.netrc': expect.stringContaining('# other\n') });
  });

  it('goes on without links where a file system has none', async () => {
    const { path, write } = user();
    expect((await write(['netrc'], {}, at('linkSync', fail('EPERM')))).code).toBe(0);
    expect(everythingIn(path('.'))).toEqual({ '.netrc': `${0o600} ${NETRC_LINE}` });
  });

  it('by several at once leaves one of each', async () => {
    const { path, write } = user();
    const endings = await Promise.all(Array.from({ length: 4 }, () => write(['netrc'])));
    expect(endings.some(({ code }) => code === 0)).toBe(true);
    for (const ending of endings) if (ending.code !== 0) expectExplanation(ending, 'Another program');
    expect(everythingIn(path('.'))).toEqual({ '.netrc': `${0o600} ${NETRC_LINE}` });
  });

  it('says where a folder cannot be made', async () => {
    const { path, write } = user();
    put(path('.config'), '');
    expectRefusal(await write(['pip']), 1, path('.config'));
    expect(everythingIn(path('.'))).toEqual({ '.config': `${0o600} ` });
  });
});
