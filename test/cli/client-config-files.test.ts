import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Addition } from '../../cli/client-config/addition.ts';
import type { Client } from '../../cli/client-config/client.ts';
import { CLIENTS } from '../../cli/client-config/clients.ts';
import { parseIndexUrl } from '../../cli/client-config/index-url.ts';
import type { Source } from '../../cli/client-config/source.ts';
import { generateToken } from '../../core/access/token.ts';
import { findPips } from '../support/pips.ts';
import { SEED } from '../support/seed.ts';

const TOKEN = generateToken();
const HOST = 'pypi.example.com';
const URL = `https://${HOST}/simple/`;
const WITH_TOKEN = `https://__token__:${TOKEN}@${HOST}/simple/`;

const SOURCE: Source = { url: parseIndexUrl(URL), name: 'wheelstore', isExtra: false, password: TOKEN };

/** What adding the source to a client's file gives. */
function adding(name: string, text: string, more: Partial<Source> = {}): Addition {
  const client = CLIENTS.get(name) as Client;
  if ('none' in client.file) throw new Error(`${name} has no file`);
  return client.file.add(text, { ...SOURCE, ...more });
}

/** The new text, where it is one. */
function textFor(name: string, text: string, more: Partial<Source> = {}): string | undefined {
  const addition = adding(name, text, more);
  return 'text' in addition ? addition.text : undefined;
}

const PIP_LINE = `index-url = ${WITH_TOKEN}`;
const UV_LINES = `[[index]]\nname = "wheelstore"\nurl = "${WITH_TOKEN}"\ndefault = true\nauthenticate = "always"\n`;
const POETRY_LINES = `[http-basic.wheelstore]\nusername = "__token__"\npassword = "${TOKEN}"\n`;
const PDM_LINES = `[pypi]\nurl = "${URL}"\nusername = "__token__"\npassword = "${TOKEN}"\n`;
const NETRC_LINE = `machine ${HOST} login __token__ password ${TOKEN}\n`;

const LINES: Readonly<Record<string, string>> = {
  pip: `[global]\n${PIP_LINE}\n`,
  uv: UV_LINES,
  poetry: POETRY_LINES,
  pdm: PDM_LINES,
  netrc: NETRC_LINE,
};

describe.each(Object.entries(LINES))('The file of %s', (name, lines) => {
  it('has the lines alone where there was nothing', () => {
    expect(textFor(name, '')).toBe(lines);
  });

  it('stays as it is where it has them', () => {
    expect(textFor(name, lines)).toBe(lines);
    expect(textFor(name, `# mine\n${lines}\n\n`)).toBe(`# mine\n${lines}\n\n`);
  });

  it('gets them at its end, with the same line ends, after a line that it has not ended', () => {
    expect(textFor(name, '# mine')).toBe(`# mine\n\n${lines}`);
    expect(textFor(name, '# mine\r\n# too\r\n')).toBe(
      `# mine\r\n# too\r\n\r\n${lines.replaceAll('\n', '\r\n')}`,
    );
  });
});

describe('pip.conf', () => {
  it.each([
    ['[global]\ntimeout = 5\n', `[global]\ntimeout = 5\n${PIP_LINE}\n`],
    ['[global]', `[global]\n${PIP_LINE}\n`],
    ['[install]\nuser = no\n', `[install]\nuser = no\n\n[global]\n${PIP_LINE}\n`],
    [
      '[global]\ntrusted-host =\n  a\n  b\n\n# about install\n[install]\nuser = no\n',
      `[global]\ntrusted-host =\n  a\n  b\n${PIP_LINE}\n\n# about install\n[install]\nuser = no\n`,
    ],
    ['[global]\r\ntimeout = 5\r\n[list]', `[global]\r\ntimeout = 5\r\n${PIP_LINE}\r\n[list]`],
  ])('gets the index into the section that it has: %j', (before, after) => {
    expect(textFor('pip', before)).toBe(after);
  });

  it.each([
    ['[global]\nindex-url = https://other.example/simple\n', '[global] index-url'],
    ['[global]\nindex-url =\n', '[global] index-url'],
    [`[global]\nindex-url = ${URL}\n`, '[global] index-url'],
    ['[global]\nINDEX_URL: https://other.example\n', '[global] index_url'],
    [`[install]\n${PIP_LINE}\n`, '[install] index-url'],
    ['[global]\nextra-index-url = https://other.example\n', '[global] extra-index-url'],
    ['[install]\nno_index = true\n', '[install] no_index'],
    ['[global]\n[global]\n', 'two sections [global]'],
    ['[global]\na = 1\nA = 2\n', 'a twice'],
    ['index-url = x\n', 'no INI file (line 1)'],
    ['[global]\nnonsense\n', 'no INI file (line 2)'],
    // The new line would make a value of what is a section.
    ['[global]\n  [install]\n', 'nothing can be added'],
  ])('is left as it is: %j', (before, why) => {
    expect(adding('pip', before)).toEqual({ refusal: expect.stringContaining(why) });
  });

  it('takes the index beside others with --extra', () => {
    const line = `extra-index-url = ${WITH_TOKEN}`;
    const more = { isExtra: true };
    const before = '[global]\nindex-url = https://other.example/simple\n';
    expect(textFor('pip', before, more)).toBe(`${before}${line}\n`);
    const several = `[global]\nextra-index-url =\n  https://other.example/simple\n  ${WITH_TOKEN}\n`;
    expect(textFor('pip', several, more)).toBe(several);
    expect(textFor('pip', '[global]\nextra-index-url = https://other.example\n', more)).toBe(undefined);
  });
});

describe('A netrc', () => {
  it.each([
    'machine other.example login me password secret\n',
    'machine other.example\n  login me\n  password "two words"',
    'machine other.example login me password a\\ b\n',
    `machine other.example login ${HOST} password machine\n`,
    `# machine ${HOST} login me password mine\n`,
    `macdef init\nmachine ${HOST} login me\n\n`,
    `macdef init\nmachine ${HOST} login me`,
    'machine other.example login default password x\n',
  ])('gets the machine: %j', (before) => {
    const gap = before.endsWith('\n') ? '' : '\n';
    expect(textFor('netrc', before)).toBe(`${before}${gap}\n${NETRC_LINE}`);
  });

  it.each([
    [`machine ${HOST} login me password mine\n`, `machine ${HOST}`],
    [`machine ${HOST.toUpperCase()} login __token__ password mine\n`, `machine ${HOST}`],
    [`machine "${HOST}" login __token__\n`, `machine ${HOST}`],
    [`machine ${HOST}`, `machine ${HOST}`],
    [`${NETRC_LINE}machine ${HOST} login me password mine\n`, `machine ${HOST}`],
    ['machine other.example login me password x\ndefault login me password mine\n', '"default"'],
    ['machine', 'it ends with "machine"'],
    ['machine other.example login me password', 'it ends with "password"'],
    ['login me\n', 'no netrc'],
    ['machine a login me password b c\n', 'no netrc'],
    ['machine a constructor b\n', 'no netrc'],
    ['machine a login me password b __proto__ c\n', 'no netrc'],
    ['"machine" a\n', 'quotes'],
    ['machine a login me password "b\n', 'nothing can be added'],
    ['machine a login me password b\\', 'nothing can be added'],
  ])('is left as it is, and nothing of it shown: %j', (before, why) => {
    const addition = adding('netrc', before);
    expect(addition).toEqual({ refusal: expect.stringContaining(why) });
    expect(JSON.stringify(addition)).not.toContain('mine');
  });

  it('has it in whichever way it is written', () => {
    const before = `machine\t"${HOST}"\n\tpassword ${TOKEN}\n\tuser __token__\n`;
    expect(textFor('netrc', before)).toBe(before);
  });
});

describe('The configuration of uv, poetry and pdm', () => {
  it.each<[string, string, Partial<Source>?]>([
    ['uv', '[[index]]\nname = "other"\nurl = "https://other.example"\n'],
    ['uv', 'index-url = "https://other.example"\n', { isExtra: true }],
    ['uv', '[[index]]\nurl = "https://other.example"\ndefault = true\n', { isExtra: true }],
    ['uv', 'native-tls = true\n[pip]\ngenerate-hashes = true\n'],
    ['poetry', '[http-basic]\n[http-basic.other]\nusername = "me"\npassword = "mine"\n'],
    ['poetry', '[pypi-token]\npypi = "mine"\n'],
    ['pdm', '[pypi.other]\nurl = "https://other.example"\n'],
    ['pdm', '[pypi]\nurl = "https://other.example"\n', { isExtra: true }],
    ['pdm', 'check_update = false\nwhen = 1979-05-27T07:32:00Z\nmany = 9223372036854775807\n'],
  ])('of %s gets the lines at its end: %j', (name, before, more = {}) => {
    expect(textFor(name, before, more)?.startsWith(`${before}\n[`)).toBe(true);
  });

  it.each<[string, string, string, Partial<Source>?]>([
    ['uv', '[[index]]\nname = "wheelstore"\nurl = "https://other.example"\n', 'of the name wheelstore'],
    ['uv', UV_LINES.replace(TOKEN, 'mine'), 'of the name wheelstore'],
    ['uv', `${UV_LINES}explicit = true\n`, 'of the name wheelstore'],
    ['uv', '[[index]]\nurl = "https://other.example"\ndefault = true\n', 'default'],
    ['uv', 'index-url = "https://other.example"\n', 'index-url'],
    ['uv', '[pip]\nindex-url = "https://other.example"\n', 'pip.index-url'],
    ['uv', 'index = [{ url = "https://other.example" }]\n', 'cannot be added'],
    ['uv', 'index = "mine\n', 'is no TOML (line 1'],
    ['poetry', '[http-basic.wheelstore]\nusername = "me"\npassword = "mine"\n', '[http-basic.wheelstore]'],
    ['poetry', '[http-basic.wheelstore]\nusername = "__token__"\n', '[http-basic.wheelstore]'],
    ['poetry', 'http-basic = { other = { username = "me", password = "mine" } }\n', 'cannot be added'],
    ['poetry', '[http-basic]\nwheelstore = "mine"\n', '[http-basic.wheelstore]'],
    ['pdm', '[pypi]\nurl = "https://other.example"\n', '[pypi]'],
    ['pdm', '[pypi]\npassword = "mine"\n', '[pypi]'],
    ['pdm', '[pypi]\nverify_ssl = true\n', 'cannot be added'],
    ['pdm', 'pypi = 1\n', 'cannot be added'],
    ['pdm', '[pypi.wheelstore]\nurl = "https://other.example"\n', '[pypi.wheelstore]', { isExtra: true }],
    ['pdm', '[pypi]\nwheelstore = "mine"\n', 'cannot be added', { isExtra: true }],
  ])('of %s is left as it is, and nothing of it shown: %j', (name, before, why, more = {}) => {
    const addition = adding(name, before, more);
    expect(addition).toEqual({ refusal: expect.stringContaining(why) });
    expect(JSON.stringify(addition)).not.toContain('mine');
  });
});

/** Texts of lines that are good, bad, and good in the wrong place. */
function texts(...lines: string[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.array(fc.constantFrom(...lines, '', '# a comment', '  # further in'), { maxLength: 9 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
    )
    .map(([chosen, end, isEnded]) => chosen.join(end) + (isEnded ? end : ''));
}

const INI_TEXTS = texts(
  '[global]',
  '[install]',
  '  [further]',
  '[global] ; and more',
  '[]',
  'timeout = 5',
  'Trusted_Host: a',
  '  b',
  '\tindented = 1',
  'find-links =',
  'a=b=c:%(d)s',
  'index-url = https://other.example/%41',
  'no value',
  '= no key',
  PIP_LINE,
);

const NETRC_TEXTS = texts(
  'machine a.example login me password mine',
  'machine b.example',
  '\tlogin "two words"',
  '\tpassword p\\"q"r',
  '\taccount #1',
  'default login me password mine',
  'macdef init',
  '\tcd /pub',
  '#no comment to all',
  'password "not ended',
  'machine',
  `machine ${HOST} login me password mine`,
  NETRC_LINE.trim(),
);

const TOML_TEXTS = texts(
  'key = "value"',
  'date = 1979-05-27',
  '[[index]]',
  'name = "other"',
  'name = "wheelstore"',
  'default = true',
  '[pypi]',
  '[pypi.other]',
  'url = "https://other.example"',
  '[http-basic]',
  '[http-basic.other]',
  '"http-basic".x.y = 1',
  'text = """',
  '"""',
  '[table]',
  'index = []',
);

const PYTHON = `
import configparser, io, json, netrc, os, sys, tempfile
try:
    import tomllib
except ImportError:
    tomllib = None

def read_ini(text):
    parser = configparser.RawConfigParser()
    parser.read_file(io.StringIO(text, newline=None))
    return {name: dict(parser.items(name)) for name in parser.sections()}

def read_netrc(text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'netrc')
        with open(path, 'w', newline='') as file:
            file.write(text)
        return {name: list(found) for name, found in netrc.netrc(path).hosts.items()}

READERS = {'ini': read_ini, 'netrc': read_netrc, 'toml': lambda text: json.loads(json.dumps(tomllib.loads(text), default=str))}

def read(kind, text):
    if kind == 'toml' and tomllib is None:
        return 'cannot'
    try:
        return READERS[kind](text)
    except (configparser.Error, netrc.NetrcParseError, ValueError) as error:
        return None

json.dump([read(kind, text) for kind, text in json.load(sys.stdin)], sys.stdout)
`;

type Reading = Record<string, object> | 'cannot' | null;

/** What a Python reads in each of these texts: `null` where it can make nothing of one. */
function readBy(python: string, kind: string, read: readonly string[]): Reading[] {
  const { stdout, stderr, status } = spawnSync(python, ['-c', PYTHON], {
    input: JSON.stringify(read.map((text) => [kind, text])),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Reading[];
}

/** What is read where the source was added. */
const EXPECTED: Readonly<Record<string, (before: Readonly<Record<string, object>>) => unknown>> = {
  pip: (before) => ({ ...before, global: { ...before['global'], 'index-url': WITH_TOKEN } }),
  netrc: (before) => ({ ...before, [HOST]: ['__token__', expect.toBeOneOf(['', null]), TOKEN] }),
  uv: (before) => ({
    ...before,
    index: [
      ...((before['index'] as unknown[] | undefined) ?? []),
      { name: 'wheelstore', url: WITH_TOKEN, default: true, authenticate: 'always' },
    ],
  }),
  poetry: (before) => ({
    ...before,
    'http-basic': { ...before['http-basic'], wheelstore: { username: '__token__', password: TOKEN } },
  }),
  pdm: (before) => ({
    ...before,
    pypi: { ...before['pypi'], url: URL, username: '__token__', password: TOKEN },
  }),
};

const pythons = (await findPips()).filter(({ pythonVersion }) => !pythonVersion.startsWith('2.'));
const interpreters = [
  ...new Map(pythons.map(({ pythonVersion, python }) => [pythonVersion, python])).entries(),
];

const KINDS: readonly [client: string, kind: string, arbitrary: fc.Arbitrary<string>][] = [
  ['pip', 'ini', INI_TEXTS],
  ['netrc', 'netrc', NETRC_TEXTS],
  ['uv', 'toml', TOML_TEXTS],
  ['poetry', 'toml', TOML_TEXTS],
  ['pdm', 'toml', TOML_TEXTS],
];

describe.each(KINDS)('Adding to any file of %s', (name, kind, arbitrary) => {
  it('takes nothing away, changes nothing, and is done once', () => {
    fc.assert(
      fc.property(arbitrary, (before) => {
        const after = textFor(name, before);
        if (after === undefined) return;
        let start = 0;
        while (start < before.length && before[start] === after[start]) start++;
        const end = before.slice(start);
        expect(after.slice(0, start) + after.slice(after.length - end.length)).toBe(before);
        expect(textFor(name, after)).toBe(after);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  const label = interpreters.length === 0 ? ' (skipped: needs a Python 3 with pip)' : '';
  it.skipIf(interpreters.length === 0)(`is read by every Python as what was there and more${label}`, () => {
    const chosen = fc.sample(arbitrary, { seed: SEED, numRuns: 1500 });
    const pairs = [...new Set(['', ...chosen])].flatMap((before) => {
      const after = textFor(name, before);
      return after === undefined || after === before ? [] : [{ before, after }];
    });
    expect(pairs.length).toBeGreaterThan(50);
    for (const [version, python] of interpreters) {
      const before = readBy(
        python,
        kind,
        pairs.map((pair) => pair.before),
      );
      const after = readBy(
        python,
        kind,
        pairs.map((pair) => pair.after),
      );
      let compared = 0;
      for (const [index, read] of before.entries()) {
        // Older ones make nothing of a netrc with less than a password, before as after.
        if (read === null || read === 'cannot') continue;
        compared++;
        expect(after[index], `${version}: ${JSON.stringify(pairs[index])}`).toEqual(EXPECTED[name]?.(read));
      }
      if (before[0] !== 'cannot') expect(compared).toBeGreaterThan(20);
    }
  });
});
