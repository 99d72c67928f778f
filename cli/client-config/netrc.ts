import { WheelstoreError } from '../../core/errors.ts';
import type { Client } from './client.ts';
import { homeOf, pathsOf, shownPath, variable, type Machine } from './machine.ts';
import { addToNetrc, lineOfNetrc, type Login } from './netrc-file.ts';
import { USER, type Source } from './source.ts';

/** Where pip, uv, pdm, curl and others look for passwords. Not all of them know comments there. */
export const netrc: Client = {
  takes: [],
  parts: (source, machine) => [
    {
      kind: 'user',
      title: [
        `netrc: in ${shownPath(machine, '.netrc', pathOf)}. It says the token alone; name the index to the client:`,
        `  pip install --index-url ${source.url.text} NAME`,
        ...(source.url.hasPort
          ? [`A netrc knows no ports: all that listens on ${source.url.host} is sent the token when it asks.`]
          : []),
      ],
      lines: [lineOfNetrc(loginOf(source))],
    },
  ],
  file: { path: pathOf, add: (text, source) => addToNetrc(text, loginOf(source)), overriding: [] },
  isWithoutComments: true,
  isForTokenAlone: true,
};

/** @throws {WheelstoreError} `usage` for an IPv6 address, which each client looks up in another spelling */
function loginOf({ url: { host }, password }: Source): Login {
  if (password === undefined) {
    throw new WheelstoreError('usage', 'A netrc holds a token and nothing else', {
      value: '--no-token',
      fix: 'Leave --no-token out; an index that needs no token needs no netrc.',
    });
  }
  if (host.includes(':')) {
    throw new WheelstoreError('usage', `A netrc cannot name the address ${host}`, {
      value: host,
      fix: 'Give the index a name, or use the lines for pip, uv, poetry or pdm.',
    });
  }
  return { machine: host, login: USER, password };
}

function pathOf(machine: Machine): string {
  const { join } = pathsOf(machine);
  const named = variable(machine, 'NETRC');
  if (named !== undefined) return named.startsWith('~/') ? join(homeOf(machine), named.slice(2)) : named;
  const path = join(homeOf(machine), '.netrc');
  // Windows has no names that begin with a dot, by custom; clients look for both.
  return machine.platform === 'win32' && !machine.isThere(path) ? join(homeOf(machine), '_netrc') : path;
}
