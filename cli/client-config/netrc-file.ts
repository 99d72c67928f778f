import { parseNetrc, type NetrcEntry } from '../../stores/netrc.ts';
import { withLines, type Addition } from './addition.ts';

/** What a program is to find for a machine. */
export interface Login {
  readonly machine: string;
  readonly login: string;
  readonly password: string;
}

export function lineOfNetrc({ machine, login, password }: Login): string {
  return `machine ${machine} login ${login} password ${password}`;
}

/** Adds a machine to a netrc that says nothing of it yet. */
export function addToNetrc(text: string, login: Login): Addition {
  const before = parseNetrc(text);
  if (typeof before === 'string') return { refusal: before };
  const isMeant = ({ machine }: NetrcEntry): boolean => machine?.toLowerCase() === login.machine;
  const found = before.filter(isMeant);
  const wanted = new Map([
    ['login', login.login],
    ['password', login.password],
  ]);
  if (found.length > 0) {
    const isSame = found.every(
      (entry) => textOf([{ ...entry, machine: '' }]) === textOf([{ machine: '', values: wanted }]),
    );
    return isSame ? { text } : { refusal: `says something else already: machine ${login.machine}` };
  }
  if (before.some(({ machine }) => machine === undefined)) {
    return { refusal: 'has an entry "default", which is the last that programs look at' };
  }
  const added = withLines(text, [lineOfNetrc(login)]);
  const after = parseNetrc(added);
  return typeof after !== 'string' &&
    textOf(after) === textOf([...before, { machine: login.machine, values: wanted }])
    ? { text: added }
    : { refusal: 'is written in a way that nothing can be added at its end' };
}

function textOf(entries: readonly NetrcEntry[]): string {
  return JSON.stringify(entries.map(({ machine, values }) => [machine ?? null, [...values].sort()]));
}
