import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { classOf, type AddressClass } from './addresses.ts';

/** All addresses of a host, as the system finds them. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** What else an address may be where the source itself is such: a private index has private files. */
const SHARED_WITH_SOURCE = new Set<AddressClass>(['loopback', 'private', 'shared']);

interface Own {
  readonly addresses: ReadonlySet<string>;
  readonly classes: ReadonlySet<AddressClass>;
}

/**
 * Decides which addresses may be connected to. What a page or a redirect names could be a service that only
 * this machine can reach; so beyond public addresses only those are allowed that are in the same kind of
 * network as the source. What kind that is, its name says at the beginning, once for all: whoever owns the name
 * could make it private for a moment to open a network, and public again to be heard.
 */
export class AddressGuard {
  readonly #host: string;
  readonly #resolve: Resolve;
  #own: Promise<Own> | undefined;

  constructor(source: URL, resolve: Resolve) {
    this.#host = hostOf(source);
    this.#resolve = resolve;
  }

  /**
   * To be asked before each request: addresses that stand in the URL itself are never looked up.
   *
   * @throws {WheelstoreError} `unsafe-address`; what the resolver throws for the source
   */
  async check(url: URL): Promise<void> {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw notHttp(url);
    const own = await this.#settleOwn();
    const host = hostOf(url);
    if (isIP(host) !== 0 && !this.#isAllowed(host, host, own)) throw unsafe(host, host);
  }

  /**
   * Looks up the host of a connection. What it gives is what is connected to, so that a name that was harmless
   * when it was first looked up cannot become another one in between.
   */
  readonly lookup: LookupFunction = (host, { all }, callback) => {
    callbackify(() => this.#allowed(host))((error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) callback(error ?? new Error('no address'), '');
      else if (all === true) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };

  async #allowed(host: string): Promise<readonly LookupAddress[]> {
    const own = await this.#settleOwn();
    const addresses = await this.#resolve(host);
    const allowed = addresses.filter(({ address }) => this.#isAllowed(host, address, own));
    const [refused] = addresses;
    if (refused === undefined) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
    if (allowed.length === 0) throw unsafe(host, refused.address);
    return allowed;
  }

  #isAllowed(host: string, address: string, own: Own): boolean {
    const kind = classOf(address);
    if (kind === 'metadata') return false;
    if (host === this.#host) return own.addresses.has(address) || own.classes.has(kind);
    if (kind === 'public') return true;
    // A name that is public as well shows no more than that its owner knows a private address.
    return SHARED_WITH_SOURCE.has(kind) && own.classes.has(kind) && !own.classes.has('public');
  }

  async #settleOwn(): Promise<Own> {
    const settling = (this.#own ??= this.#findOwn());
    try {
      return await settling;
    } catch (error) {
      // A name server that does not answer now may do so later.
      if (this.#own === settling) this.#own = undefined;
      throw error;
    }
  }

  async #findOwn(): Promise<Own> {
    const found = isIP(this.#host) === 0 ? await this.#resolve(this.#host) : [{ address: this.#host }];
    const addresses = found.map(({ address }) => address);
    return { addresses: new Set(addresses), classes: new Set(addresses.map(classOf)) };
  }
}

/** Without the brackets around an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function notHttp({ protocol }: URL): WheelstoreError {
  return new WheelstoreError(
    'unsafe-address',
    `Nothing is fetched from ${quote(protocol)}, only from http and https`,
    {
      value: protocol,
      fix: 'Have the index corrected.',
    },
  );
}

function unsafe(host: string, address: string): WheelstoreError {
  const where = host === address ? quote(host) : `${quote(host)} (${address})`;
  const what =
    classOf(address) === 'public'
      ? 'is in a public network, and was in a private one when the import began'
      : 'is in a private network, and the index is not in that network';
  return new WheelstoreError('unsafe-address', `${where} ${what}`, {
    value: host,
    fix: 'Find out why the index leads there. Nothing was fetched from it.',
  });
}
