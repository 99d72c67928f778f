import type { IndexUrl } from './index-url.ts';

/** The index that a client is to install from. */
export interface Source {
  readonly url: IndexUrl;
  /** As clients that give their indexes names call it. */
  readonly name: string;
  /** Beside the public index, not in its place. */
  readonly isExtra: boolean;
  /** The token, or `PLACEHOLDER`; `undefined` where the index asks for none. */
  readonly password: string | undefined;
}

/** The user name that goes with a token. Any would do; this is the one that clients know. */
export const USER = '__token__';

/** Stands where the token is to be put in. */
export const PLACEHOLDER = 'TOKEN';

/** The address with the credentials in it, which is how pip and uv take them. */
export function urlWithPassword({ url, password }: Source): string {
  return password === undefined ? url.text : url.text.replace('://', `://${USER}:${password}@`);
}
