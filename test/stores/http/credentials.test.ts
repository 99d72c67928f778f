import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCredentials, type Person } from '../../../stores/http/credentials.ts';
import { parseNetrc } from '../../../stores/netrc.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const URL_OF_INDEX = 'https://pypi.old.example:8443/simple/';

/** What is found for a URL, where a person has written this down. */
function find(
  url: string,
  netrc?: string,
  variables: Record<string, string> = {},
  more: Partial<Person> = {},
) {
  const home = temporaryFolder();
  if (netrc !== undefined) writeFileSync(join(home, '.netrc'), netrc);
  return findCredentials(new URL(url), { variables, home, platform: 'linux', ...more });
}

const withUser = (user: string) => URL_OF_INDEX.replace('//', `//${user}@`);
const NETRC = 'machine pypi.old.example login me password from-netrc';
const VARIABLES = { WHEELSTORE_IMPORT_USERNAME: 'me', WHEELSTORE_IMPORT_PASSWORD: 'from-variable' };

describe('credentials for an index', () => {
  it('are those in the URL, decoded, before all others', async () => {
    expect(await find(withUser('me%40work:p%3Aq%2F'), NETRC, VARIABLES)).toEqual({
      username: 'me@work',
      password: 'p:q/',
    });
    expect(await find(withUser(':token'))).toEqual({ username: '', password: 'token' });
    expect(await find(withUser('me:100%'))).toEqual({ username: 'me', password: '100%' });
  });

  it('are those of the environment, then those of the netrc', async () => {
    expect(await find(URL_OF_INDEX, NETRC, VARIABLES)).toEqual({ username: 'me', password: 'from-variable' });
    expect(await find(URL_OF_INDEX, NETRC)).toEqual({ username: 'me', password: 'from-netrc' });
    expect(await find(URL_OF_INDEX)).toBeUndefined();
  });

  it('are found for a user in the URL, whose token may be all that there is', async () => {
    expect(await find(withUser('me'), NETRC)).toEqual({ username: 'me', password: 'from-netrc' });
    expect(await find(withUser('me'), undefined, { WHEELSTORE_IMPORT_PASSWORD: 'p' })).toEqual({
      username: 'me',
      password: 'p',
    });
    expect(await find(withUser('token'), NETRC, VARIABLES)).toEqual({ username: 'token', password: '' });
  });

  it('are whole in the environment', async () => {
    for (const variable of Object.keys(VARIABLES)) {
      await expect(find(URL_OF_INDEX, NETRC, { [variable]: 'hunter2' })).rejects.toMatchObject({
        code: 'usage',
        value: variable,
      });
    }
    expect(
      await find(URL_OF_INDEX, NETRC, { WHEELSTORE_IMPORT_USERNAME: '', WHEELSTORE_IMPORT_PASSWORD: '' }),
    ).toMatchObject({
      password: 'from-netrc',
    });
  });
});

describe('a netrc', () => {
  it.each([
    [
      'on several lines',
      'machine other.example\nlogin x\npassword y\nmachine PyPI.old.example\n\tlogin me\n\tpassword p\n',
    ],
    ['with comments', '# mine\nmachine pypi.old.example # work\n login me password p'],
    ['with quotes', 'machine "pypi.old.example" login "me" password "p"'],
    [
      'with a macro',
      'macdef init\nmachine pypi.old.example login x password y\n\nmachine pypi.old.example login me password p',
    ],
    ['with more than is of use', 'machine pypi.old.example account a user me password p'],
    ['for all machines', 'machine other.example login x password y\ndefault login me password p'],
    [
      'with one machine twice',
      `machine pypi.old.example login me password p\n${NETRC}\ndefault login x password y`,
    ],
  ])('is read %s', async (_, netrc) => {
    expect(await find(URL_OF_INDEX, netrc)).toEqual({ username: 'me', password: 'p' });
  });

  it('may have a password with anything in it', async () => {
    const netrc = String.raw`machine pypi.old.example login me password "a \"b\" #c"`;
    expect(await find(URL_OF_INDEX, netrc)).toEqual({ username: 'me', password: 'a "b" #c' });
  });

  it('may say nothing of the index', async () => {
    expect(await find(URL_OF_INDEX, 'machine old.example login me password p')).toBeUndefined();
    expect(await find(URL_OF_INDEX, 'machine pypi.old.example login me')).toBeUndefined();
    expect(await find(URL_OF_INDEX, '')).toBeUndefined();
  });

  it.each([
    'machine',
    'machine x login',
    'login me',
    'machine pypi.old.example login me hunter2 p',
    'machine x "login" y',
  ])('that is none is an error, and none of it is shown: %s', async (netrc) => {
    const error = await find(URL_OF_INDEX, netrc).catch((failure: unknown) => failure as Error);
    expect(error).toMatchObject({ code: 'unreadable' });
    expect((error as Error).message).not.toContain('hunter2');
    expect(typeof parseNetrc(netrc)).toBe('string');
  });

  it('is where NETRC says, or where Windows has it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine'), NETRC);
    writeFileSync(join(folder, '_netrc'), NETRC.replace('from-netrc', 'from-windows'));
    const found = { username: 'me', password: 'from-netrc' };
    expect(await find(URL_OF_INDEX, 'machine', { NETRC: join(folder, 'mine') })).toEqual(found);
    expect(await find(URL_OF_INDEX, undefined, { NETRC: '~/mine' }, { home: folder })).toEqual(found);
    expect(await find(URL_OF_INDEX, undefined, { NETRC: join(folder, 'none') })).toBeUndefined();
    const onWindows = await find(URL_OF_INDEX, undefined, {}, { home: folder, platform: 'win32' });
    expect(onWindows?.password).toBe('from-windows');
    expect(await find(URL_OF_INDEX, undefined, {}, { home: folder })).toBeUndefined();
  });

  it('that cannot be read is an error', async () => {
    const folder = temporaryFolder();
    await expect(find(URL_OF_INDEX, undefined, { NETRC: folder })).rejects.toMatchObject({
      code: 'unreadable',
    });
  });

  it('names IPv6 addresses without brackets', async () => {
    expect(await find('http://[::1]:80/simple/', 'machine ::1 login me password p')).toBeDefined();
  });
});
