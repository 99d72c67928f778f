import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import { type Entries, parseEntries } from '../../server/access/htpasswd-entries.ts';
import { temporaryFolder } from '../support/temporary.ts';

const PATH = '/etc/wheelstore/users';

// Of "secret", as crypt() of the C library makes it.
const BCRYPT = '$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW';
const SHA = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=';

function parse(text: string | Uint8Array): Entries {
  return parseEntries(PATH, typeof text === 'string' ? new TextEncoder().encode(text) : text);
}

/** The problems that are told, each with its next step. */
function problemsOf(text: string | Uint8Array): string[] {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof WheelstoreError)) throw error;
    expect(error.code).toBe('unreadable');
    const problems = error.problems.length > 0 ? error.problems : [error];
    return problems.map(({ message, fix }) => `${message}. ${fix}`);
  }
  throw new Error('It was taken');
}

describe('A password file', () => {
  it.each(['$2a$', '$2b$', '$2y$'])('may have bcrypt as %s', (start) => {
    const hash = hashSync('secret', 4).replace('$2b$', start);
    expect(parse(`anna:${hash}\n`)).toEqual(new Map([['anna', { scheme: 'bcrypt', hash, cost: 4 }]]));
  });

  it('may have {SHA}, which is base64 of a SHA-1', () => {
    const hash = createHash('sha1').update('secret').digest('base64');
    expect(SHA).toBe(`{SHA}${hash}`);
    expect(parse(`anna:${SHA}`)).toEqual(new Map([['anna', { scheme: 'sha', hash }]]));
  });

  it.each([
    ['comments and blank lines', `# users\n\n  \t\n#old:plain\nanna:${BCRYPT}\n\n`],
    ['lines that end with CR LF', `# users\r\n\r\nanna:${BCRYPT}\r\n`],
    ['a byte order mark', `\ufeffanna:${BCRYPT}\n`],
    ['no line end', `anna:${BCRYPT}`],
    ['white space around its lines', `  anna:${BCRYPT} \t\n`],
  ])('may have %s', (_what, text) => {
    expect([...parse(text).keys()]).toEqual(['anna']);
  });

  it('may have users of any letters, and with spaces', () => {
    const users = ['Ännchen', '安娜', 'anna maria', 'a.b+c@d', '1', '__token__'];
    expect([...parse(users.map((user) => `${user}:${BCRYPT}\n`).join('')).keys()]).toEqual(users);
  });
});

describe('Every other way to keep a password', () => {
  const others: [kept: string, how: string][] = [
    ['$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/', 'as MD5 ($apr1$)'],
    ['$1$r31.....$HqJZimcKQFAMYayBlzkrA/', 'as MD5 ($1$)'],
    ['$5$salt$Gcm6FsVtF/Qa77ZKD.iwsJlCVPY0XSMgLJL0Hnww/c1', 'as SHA-256 ($5$)'],
    [
      '$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.',
      'as SHA-512 ($6$)',
    ],
    [BCRYPT.replace('$2y$', '$2x$'), 'defect'],
    [BCRYPT.replace('$2y$', '$2$'), 'defect'],
    [BCRYPT.slice(0, -1), 'as a bcrypt hash that is damaged'],
    [`${BCRYPT}W`, 'as a bcrypt hash that is damaged'],
    [BCRYPT.replace(/.$/, '/'), 'as a bcrypt hash that is damaged'],
    [`${BCRYPT.slice(0, 28)}v${BCRYPT.slice(29)}`, 'as a bcrypt hash that is damaged'],
    [BCRYPT.replace('$04$', '$4$'), 'as a bcrypt hash that is damaged'],
    [BCRYPT.replace('$04$', '$03$'), 'has a bcrypt cost of 3'],
    [BCRYPT.replace('$04$', '$18$'), 'has a bcrypt cost of 18'],
    [BCRYPT.replace('$04$', '$31$'), 'has a bcrypt cost of 31'],
    [SHA.replace('BfQ=', 'BfR='), 'as a SHA-1 that is damaged'],
    [SHA.slice(0, -1), 'as a SHA-1 that is damaged'],
    ['{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', 'in another way'],
    ['rqXexS6ZhobKA', 'as crypt, plain text'],
    ['secret', 'as crypt, plain text'],
    ['$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA', 'in another way'],
  ];

  it.each(others)('is refused with line, user and what to do: %s', (kept, how) => {
    const [problem = '', ...more] = problemsOf(`# users\nanna:${BCRYPT}\nbob:${kept}\n`);
    expect(more).toEqual([]);
    expect(problem).toContain(`"${PATH}", line 3: the password of "bob"`);
    expect(problem).toContain(how);
    expect(problem).toContain(`htpasswd -B ${PATH} bob`);
    expect(problem).not.toContain(kept);
    expect(problem).not.toContain(kept.slice(-6));
  });

  it.each([
    ['no colon', 'topsecret'],
    ['no user', ':topsecret'],
    ['no password', 'topsecret:'],
    ['more fields', `anna:${BCRYPT}:topsecret`],
    ['a control character', `an\u001bna:${BCRYPT}topsecret`],
  ])('is a broken line, which is not shown: %s', (_what, line) => {
    const [problem = ''] = problemsOf(`${line}\nbob:${BCRYPT}\n`);
    expect(problem).toContain(`"${PATH}", line 1 is not USER:HASH`);
    expect(problem).not.toContain('secret');
    expect(problem).not.toContain(BCRYPT);
  });

  it('is told of all lines at once', () => {
    const problems = problemsOf(`anna:plain\nbob:${BCRYPT}\ncarl\nbob:${SHA}\n`);
    expect(problems).toHaveLength(3);
    expect(problems[2]).toContain('line 4: "bob" is in line 2 as well');
  });

  it('is told of the first twenty where it is another file altogether', () => {
    const problems = problemsOf(Array.from({ length: 1_000 }, (_, index) => `u${index}:x:0`).join('\n'));
    expect(problems).toHaveLength(21);
    expect(problems[20]).toContain('980 more lines');
  });

  it('says how many there are in one sentence, for logs', () => {
    expect(() => parse('anna:plain\nbob:plain\n')).toThrow(/^2 lines of .* cannot be used\. .*, line 1: /);
  });
});

describe('A user who is there twice', () => {
  it.each([BCRYPT, SHA])('is refused: either password would do', (second) => {
    expect(problemsOf(`anna:${BCRYPT}\nanna:${second}\n`)[0]).toContain('"anna" is in line 1 as well');
  });

  it('is not one who is spelled otherwise', () => {
    expect(parse(`anna:${BCRYPT}\nAnna:${BCRYPT}\n`).size).toBe(2);
  });
});

describe('A file without users', () => {
  it.each(['', '\n', '# anna:$2y$\n', '\ufeff'])('is refused: %j', (text) => {
    expect(problemsOf(text)[0]).toContain(`"${PATH}" names no user. Add one: htpasswd -B ${PATH} USER`);
  });
});

describe('What is no text', () => {
  it.each([
    ['Latin-1', Buffer.from(`\xe4nna:${BCRYPT}\n`, 'latin1')],
    ['UTF-16', Buffer.from(`\ufeffanna:${BCRYPT}\n`, 'utf16le')],
    ['bytes', Buffer.from([0x50, 0x4b, 0x03, 0x04, 0xff])],
  ])('is refused: %s', (_what, bytes) => {
    expect(problemsOf(bytes)[0]).toContain(`"${PATH}" is no text in UTF-8`);
  });
});

describe('Any file', () => {
  it('is taken or refused, and no refusal holds what is after a colon', () => {
    const line = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.string({ minLength: 1 }), fc.constantFrom(BCRYPT, SHA, 'hunter2', '$apr1$hunter2'))
        .map((pair) => pair.join(':')),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          for (const { hash } of parse(lines.join('\n')).values()) expect(hash).not.toContain('hunter2');
        } catch (error) {
          if (!(error instanceof WheelstoreError)) throw error;
          expect(`${error.message} ${error.problems.map(({ message }) => message).join(' ')}`).not.toContain(
            ':hunter2',
          );
        }
      }),
    );
  });
});

const hasHtpasswd = spawnSync('htpasswd', ['-nbs', 'a', 'b']).status === 0;
function perl(password: string, salt: string): string {
  const words = ['-e', 'print crypt($ARGV[0], $ARGV[1])', password, salt];
  return spawnSync('perl', words, { encoding: 'utf8' }).stdout;
}

const hasCrypt = perl('secret', BCRYPT.slice(0, 29)) === BCRYPT;

describe.skipIf(!hasCrypt)('crypt() of the C library (where perl has it)', () => {
  it.each(['$2a$', '$2b$', '$2y$'])('makes bcrypt hashes that are taken: %s', (start) => {
    for (const password of ['secret', '', 'grün 安', 'x'.repeat(72)]) {
      const hash = perl(password, `${start}05$0123456789abcdefghijkO`);
      expect(parse(`anna:${hash}`).get('anna')).toEqual({ scheme: 'bcrypt', hash, cost: 5 });
      expect(hashSync(password, hash.slice(0, 29))).toBe(hash);
    }
  });
});

describe.skipIf(!hasHtpasswd)('The program htpasswd (where it is installed)', () => {
  it('makes files that are taken with -B and -s, and refused otherwise', () => {
    const path = join(temporaryFolder(), 'users');
    execFileSync('htpasswd', ['-cbB', '-C', '4', path, 'anna', 'secret'], { stdio: 'ignore' });
    execFileSync('htpasswd', ['-bs', path, 'bob', 'secret'], { stdio: 'ignore' });
    expect([...parse(readFileSync(path)).values()].map(({ scheme }) => scheme)).toEqual(['bcrypt', 'sha']);
    execFileSync('htpasswd', ['-bm', path, 'carl', 'secret'], { stdio: 'ignore' });
    expect(problemsOf(readFileSync(path))[0]).toContain('the password of "carl" is kept as MD5 ($apr1$)');
  });
});
