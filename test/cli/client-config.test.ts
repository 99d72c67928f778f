import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../cli/client-config/clients.ts';
import { parseIndexUrl, SERVED_HERE } from '../../cli/client-config/index-url.ts';
import type { Client } from '../../cli/client-config/client.ts';
import { generateToken } from '../../core/access/token.ts';
import { COMMAND, runProcess, wheelstore, type Ending } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectRefusal } from './outcomes.ts';
import { serveStacks } from './stacks.ts';

const TOKEN = generateToken();
const URL = 'https://pypi.example.com/simple/';
const HOME = { HOME: '/home/somebody', XDG_CONFIG_HOME: undefined, VIRTUAL_ENV: undefined, NETRC: undefined };

/** Runs the command with a token in its variable. */
function configure(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Ending> {
  return wheelstore(['client-config', ...words], { env: { ...HOME, WHEELSTORE_TOKEN: TOKEN, ...env } });
}

const WITH_TOKEN = URL.replace('://', `://__token__:${TOKEN}@`);

/** Every client, and what its lines are, each line whole. */
const LINES: readonly [words: readonly string[], ...lines: string[]][] = [
  [
    ['pip'],
    '# pip: in ~/.config/pip/pip.conf',
    '[global]',
    `index-url = ${WITH_TOKEN}`,
    `#   export PIP_INDEX_URL=${WITH_TOKEN}`,
  ],
  [
    ['pip', '--extra'],
    `extra-index-url = ${WITH_TOKEN}`,
    `#   export PIP_EXTRA_INDEX_URL=${WITH_TOKEN}`,
    '# (dependency confusion). Leave --extra out, and publish what you need to your own index as well.',
  ],
  [['pip', '--no-token'], `index-url = ${URL}`],
  [
    ['uv'],
    '# uv: in ~/.config/uv/uv.toml',
    '[[index]]',
    'name = "wheelstore"',
    `url = "${WITH_TOKEN}"`,
    'default = true',
    'authenticate = "always"',
    '#   [[tool.uv.index]]',
    `#   url = "${URL}"`,
    '#   export UV_INDEX_WHEELSTORE_USERNAME=__token__',
    `#   export UV_INDEX_WHEELSTORE_PASSWORD=${TOKEN}`,
  ],
  [
    ['uv', '--name', 'Acme-internal_2'],
    'name = "Acme-internal_2"',
    `#   export UV_INDEX_ACME_INTERNAL_2_PASSWORD=${TOKEN}`,
  ],
  [['uv', '--no-token'], `url = "${URL}"`, 'default = true'],
  [
    ['poetry'],
    '[[tool.poetry.source]]',
    'name = "wheelstore"',
    `url = "${URL}"`,
    'priority = "primary"',
    '# and in ~/.config/pypoetry/auth.toml',
    '[http-basic.wheelstore]',
    'username = "__token__"',
    `password = "${TOKEN}"`,
    `#   export POETRY_HTTP_BASIC_WHEELSTORE_PASSWORD=${TOKEN}`,
  ],
  [
    ['poetry', '--extra', '--name', 'acme-x'],
    'priority = "explicit"',
    '[http-basic.acme-x]',
    `#   export POETRY_HTTP_BASIC_ACME_X_PASSWORD=${TOKEN}`,
  ],
  [
    ['pdm'],
    '# pdm: in ~/.config/pdm/config.toml',
    '[pypi]',
    `url = "${URL}"`,
    'username = "__token__"',
    `password = "${TOKEN}"`,
    '#   name = "pypi"',
    '#   url = "https://__token__:${WHEELSTORE_TOKEN}@pypi.example.com/simple/"',
  ],
  [
    ['pdm', '--extra'],
    '[pypi.wheelstore]',
    '#   include_packages = ["acme-*"]  # these come from here and from nowhere else',
    '# (dependency confusion). Leave --extra out, and publish what you need to your own index as well.',
  ],
  [['netrc'], `machine pypi.example.com login __token__ password ${TOKEN}`],
  [['twine'], '#   twine check --strict dist/*', '#   wheelstore upload dist/*'],
];

describe('client-config', () => {
  it.each(LINES)('prints what goes where: %j', async (words, ...lines) => {
    const { code, stdout, stderr } = await configure([...words, '--index-url', URL]);
    expect(code).toBe(0);
    const printed = stdout.split('\n');
    for (const line of lines) expect(printed).toContain(line);
    if (words.includes('--no-token')) expect(stdout).not.toMatch(/TOKEN|__token__|authenticate/);
    expect(stderr).not.toContain(TOKEN);
  });

  it.each([...CLIENTS.keys()])('never has the token in lines for a project: %s', (name) => {
    for (const isExtra of [false, true]) {
      const source = { url: parseIndexUrl(URL), name: 'wheelstore', isExtra, password: TOKEN };
      const machine = { platform: 'linux', env: HOME, isThere: () => false } as const;
      const parts = (CLIENTS.get(name) as Client).parts(source, machine);
      for (const { title, lines, kind } of parts) {
        const isProject = kind === 'project' || title.join().includes('pyproject.toml');
        if (isProject) expect(lines.join('\n')).not.toContain(TOKEN);
        expect(title.join('\n')).not.toContain(TOKEN);
      }
    }
  });

  it('has lines that are good as they are for a file, whatever else it says', async () => {
    const { stdout } = await configure(['netrc', '--index-url', `${URL.replace('.com', '.com:8443')}`]);
    expect(stdout).toBe(`machine pypi.example.com login __token__ password ${TOKEN}\n`);
    const { stderr } = await configure(['netrc', '--index-url', 'https://pypi.example.com:8443']);
    expect(stderr).toContain('A netrc knows no ports: all that listens on pypi.example.com');
    expect(stderr).toContain('pip install --index-url https://pypi.example.com:8443/simple/ NAME');
  });

  it('is for pip where no client is named, and names the others', async () => {
    const { code, stdout, stderr } = await configure(['--index-url', URL]);
    expect([code, stdout]).toEqual([0, (await configure(['pip', '--index-url', URL])).stdout]);
    expect(stderr).toBe('note: this is for pip; there is also uv, poetry, pdm, netrc, twine.\n');
  });

  it('works without a home folder, where it has no need of one', async () => {
    for (const name of CLIENTS.keys()) {
      const { code, stdout } = await configure([name, '--index-url', URL], { HOME: undefined });
      expect([name, code]).toEqual([name, 0]);
      if (name === 'pip') expect(stdout).toContain('# pip: in pip.conf\n');
    }
  });

  it('shows the file that variables name, with no line of its own', async () => {
    const env = { PIP_CONFIG_FILE: '/etc/a\nindex-url = evil\u001b[2J' };
    const { stdout } = await configure(['pip', '--index-url', URL], env);
    expect(stdout).toContain('# pip: in /etc/a\\nindex-url = evil\\u001b[2J\n');
  });
});

describe('The token', () => {
  it('can be left out: the lines say where it goes', async () => {
    const { code, stdout, stderr } = await configure(['pip', '--index-url', URL], {
      WHEELSTORE_TOKEN: undefined,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('index-url = https://__token__:TOKEN@pypi.example.com/simple/\n');
    expect(stderr).toContain('put a token where it says TOKEN');
  });

  it('comes from the flag before the variable, and from the first line of the input with "-"', async () => {
    const other = generateToken();
    const { stdout } = await configure(['netrc', '--index-url', URL, '--token', other]);
    expect(stdout).toContain(other);
    const words = [process.execPath, COMMAND, 'client-config', 'netrc', '--index-url', URL, '--token', '-'];
    const piped = await runProcess('sh', ['-c', 'printf "%s\\r\\nmore\\n" "$T" | "$@"', 'sh', ...words], {
      env: { ...HOME, T: other, WHEELSTORE_TOKEN: TOKEN },
    });
    expect(piped.stdout).toBe(`machine pypi.example.com login __token__ password ${other}\n`);
  });

  it.each<[string, readonly string[], string]>([
    ['cut off', ['--token', TOKEN.slice(0, -1)], '--token'],
    [
      'with a wrong letter',
      ['--token', TOKEN.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
      '--token',
    ],
    ['that is none', ['--token', 'hunter2hunter2'], '--token'],
    ['that is empty', ['--token', ''], '--token'],
    ['from an empty input', ['--token', '-'], 'the standard input'],
  ])('%s is refused and not shown', async (_, words, origin) => {
    const ending = await configure(['pip', '--index-url', URL, ...words]);
    expectRefusal(ending, 2, `What ${origin} has is no token`);
    expect(ending.stderr).not.toMatch(/wst_\w|hunter2/);
  });

  it('in a variable that is no token is refused and not shown, and does not stop other commands', async () => {
    const env = { WHEELSTORE_TOKEN: 'hunter2' };
    const ending = await configure(['pip', '--index-url', URL], env);
    expectRefusal(ending, 2, 'What WHEELSTORE_TOKEN has is no token');
    expect(ending.stderr).not.toContain('hunter2');
    expect((await wheelstore(['config'], { env })).code).toBe(0);
  });

  it('is masked where it stands at the place of something else', async () => {
    for (const words of [[TOKEN], ['uv', '--name', TOKEN], ['pip', '--index-url', `${URL}${TOKEN}/`]]) {
      const ending = await configure(words);
      expectRefusal(ending, 2, 'wst_***');
      expect(ending.stderr).not.toContain(TOKEN.slice(0, 12));
    }
  });

  it('over plain HTTP to another machine is warned of', async () => {
    const warned = await configure(['pip', '--index-url', 'http://pypi.example.com']);
    expect(warned.stderr).toContain('warning: over plain HTTP');
    for (const host of ['http://localhost', 'http://127.0.0.1:8080', 'http://[::1]:1', 'https://x.example']) {
      expect((await configure(['pip', '--index-url', host])).stderr).toBe('');
    }
    expect((await configure(['pip', '--index-url', 'http://x.example', '--no-token'])).stderr).toBe('');
  });
});

describe('The address of the index', () => {
  it.each([
    ['https://pypi.example.com', URL],
    ['https://pypi.example.com/', URL],
    ['https://pypi.example.com/simple', URL],
    ['HTTPS://PyPI.Example.COM:443/simple/', URL],
    ['https://pypi.example.com:8443/simple/', 'https://pypi.example.com:8443/simple/'],
    ['https://pypi.example.com/team/a', 'https://pypi.example.com/team/a/simple/'],
    ['https://pypi.example.com/team%2Fa/simple', 'https://pypi.example.com/team%2Fa/simple/'],
    ['https://pypi.example.com/notsimple/', 'https://pypi.example.com/notsimple/simple/'],
    ['http://[2001:DB8::1]:8080', 'http://[2001:db8::1]:8080/simple/'],
    ['https://bücher.example', 'https://xn--bcher-kva.example/simple/'],
  ])('%s is %s', (text, expected) => {
    expect(parseIndexUrl(text).text).toBe(expected);
  });

  it.each([
    ['', 'no address'],
    ['pypi.example.com', 'no address'],
    ['ftp://pypi.example.com', 'no address'],
    ['https:pypi.example.com', 'no address'],
    ['https:///pypi.example.com', 'no address'],
    ['https://pypi.example.com:99999', 'no address'],
    ['https://pypi.exam\nple.com', 'no address'],
    ['https://pypi.example.com\\simple', 'no address'],
    ['https://me:hidden@pypi.example.com/simple/', 'user name'],
    ['https://me@pypi.example.com', 'user name'],
    ['https://@pypi.example.com', 'user name'],
    ['https://me:hid/den@pypi.example.com', 'no address'],
    [`${URL}?token=hidden`, 'something in an index'],
    [`${URL}#hidden`, 'something in an index'],
    [`${URL}flask/`, 'something in an index'],
    [`${URL}index.html`, 'something in an index'],
    ['https://pypi.example.com/$HOME', 'characters'],
    ["https://pypi.example.com/it's", 'characters'],
    ['https://pypi.example.com/a;b', 'characters'],
    ['https://pypi.ex$ample.com/', 'characters'],
  ])('is refused: %j', async (text, why) => {
    const ending = await configure(['pip', '--index-url', text]);
    expectRefusal(ending, 2, '--index-url', why);
    expect(ending.stderr).not.toContain('hid');
  });

  it('has a port and brackets where its host is an IPv6 address, which no netrc can name', async () => {
    const words = ['--index-url', 'https://[::1]:8443'];
    const { stdout } = await configure(['pip', ...words]);
    expect(stdout).toContain(`index-url = https://__token__:${TOKEN}@[::1]:8443/simple/\n`);
    expectRefusal(await configure(['netrc', ...words]), 2, 'netrc cannot name the address ::1');
  });

  it('is the one that "serve" has where nobody says another', async () => {
    const { stdout, stderr } = await configure(['pip', '--no-token']);
    expect(stdout).toContain('index-url = http://127.0.0.1:8080/simple/\n');
    expect(stderr).toContain('--index-url or --stack');
    const help = (await wheelstore(['serve', '--help'])).stdout;
    const [host, port] = ['host', 'port'].map(
      (name) => new RegExp(`--${name} <${name}>[^-]*?\\(default:\\s+"?([\\d.]+)`).exec(help)?.[1],
    );
    expect(`http://${host}:${port}/simple/`).toBe(SERVED_HERE);
  });

  it('of a bucket has to be said', async () => {
    const bucket = { WHEELSTORE_BUCKET: 'pypi.example.com' };
    expectRefusal(await configure(['pip'], bucket), 2, '"pypi.example.com"', '--index-url');
    expect((await configure(['pip', '--index-url', URL], bucket)).code).toBe(0);
  });

  it('is said once', async () => {
    for (const flag of [
      ['--stack', 'S'],
      ['--store', '.'],
      ['--bucket', 'b'],
    ]) {
      const ending = await configure(['pip', '--index-url', URL, ...flag]);
      expectRefusal(ending, 2, 'twice where the index is', flag[0] ?? '');
    }
  });
});

describe('The index of a stack', () => {
  const { newStack } = serveStacks();

  it('is what its output says', async () => {
    const { run, name, env } = await newStack({ IndexUrl: 'https://d1.cloudfront.example/simple/' });
    const flag = await run(['client-config', 'pip', '--no-token']);
    expect(flag).toMatchObject({ code: 0, stderr: '' });
    expect(flag.stdout).toContain('index-url = https://d1.cloudfront.example/simple/\n');
    const variable = await wheelstore(['client-config', 'pip', '--no-token'], {
      env: { ...env, WHEELSTORE_STACK: name },
    });
    expect(variable.stdout).toBe(flag.stdout);
  });

  it('is not asked for where --index-url goes before it, or nobody needs it', async () => {
    const env = { WHEELSTORE_STACK: 'S', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    expect((await configure(['pip', '--index-url', URL], env)).code).toBe(0);
    expect((await configure(['twine'], env)).code).toBe(0);
  });

  it('that is not there is a failure', async () => {
    const { env } = await newStack();
    const ending = await wheelstore(['client-config', '--stack', 'Nowhere'], { env });
    expectRefusal(ending, 1, '"Nowhere"');
  });
});

describe('Words that make no sense', () => {
  it.each<[readonly string[], string]>([
    [['pipp'], 'Write pip.'],
    [['conda'], 'Choose from pip, uv, poetry, pdm, netrc, twine.'],
    [['__proto__'], 'no client'],
    [['netrc', '--extra'], '--extra means nothing to netrc'],
    [['twine', '--extra'], '--extra means nothing to twine'],
    [['pip', '--name', 'acme'], '--name means nothing to pip'],
    [['uv', '--name', ''], '--name'],
    [['uv', '--name', 'pypi'], '"pypi"'],
    [['uv', '--name', 'a b'], '"a b"'],
    [['uv', '--name', 'a"\nb'], '--name'],
    [['uv', '--name', '-a'], '--name'],
    [['uv', '--name', 'a.b'], '"a.b"'],
    [['pdm', '--extra', '--name', 'url'], '"url"'],
    [['netrc', '--no-token'], 'netrc holds a token'],
    [['--write'], '--write needs the name of a client'],
    [['poetry', '--write', '--no-token'], 'nothing to write for poetry'],
    [['netrc', '--write', '--no-token'], 'nothing to write for netrc'],
  ])('are refused: %j', async (words, text) => {
    const folder = temporaryFolder();
    const ending = await configure([...words, '--index-url', URL], { HOME: folder });
    expectRefusal(ending, 2, text);
  });
});
