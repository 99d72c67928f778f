import type { Representation } from '../keys.ts';
import { type Preference, preferencesOf } from './preferences.ts';

/** What negotiation looks at. */
export interface Wishes {
  /** The raw query, without `?`. */
  readonly query: string;
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** PEP 691: the types a page can be had as. */
interface Offer {
  readonly type: string;
  /** PEP 691: asks for the newest version; the answer names the version it has. */
  readonly alias: string;
  readonly range: string;
}

const PYPI = 'application/vnd.pypi.simple.';
const AS_JSON: Offer = { type: `${PYPI}v1+json`, alias: `${PYPI}latest+json`, range: 'application/*' };
const AS_V1_HTML: Offer = { type: `${PYPI}v1+html`, alias: `${PYPI}latest+html`, range: 'application/*' };
const AS_HTML: Offer = { type: 'text/html', alias: 'text/html', range: 'text/*' };

// On equal weight: what was asked for by name goes before what a wildcard lets through; by name the
// richest goes first, through a wildcard what any client can read.
const BY_NAME = [AS_JSON, AS_V1_HTML, AS_HTML];
const BY_WILDCARD = [AS_HTML, AS_JSON, AS_V1_HTML];

const UNNAMED = 0;
const ANY = 1;
const RANGE = 2;
const NAMED = 3;

function specificity(offer: Offer, value: string): number {
  if (value === offer.type || value === offer.alias) return NAMED;
  if (value === offer.range) return RANGE;
  return value === '*/*' ? ANY : UNNAMED;
}

interface Rating {
  readonly specificity: number;
  readonly weight: number;
}

/** RFC 9110 12.5.1: the most specific range that matches says the weight, wherever it stands. */
function rate(offer: Offer, accepted: readonly Preference[]): Rating {
  let best: Rating = { specificity: UNNAMED, weight: 0 };
  accepted.forEach((preference) => {
    const level = specificity(offer, preference.value);
    if (level < best.specificity || level === UNNAMED) return;
    if (level > best.specificity || preference.weight > best.weight) {
      best = { specificity: level, weight: preference.weight };
    }
  });
  return best;
}

function bestOffer(accepted: readonly Preference[]): Offer | undefined {
  let chosen: Offer | undefined;
  let weight = 0;
  function consider(offers: readonly Offer[], named: boolean): void {
    offers.forEach((offer) => {
      const rating = rate(offer, accepted);
      if ((rating.specificity === NAMED) !== named || rating.weight <= weight) return;
      chosen = offer;
      weight = rating.weight;
    });
  }
  consider(BY_NAME, true);
  consider(BY_WILDCARD, false);
  return chosen;
}

/** The value of `format` in a query, or `''`. A `+` in it is a plus sign, however it was written. */
function formatIn(query: string): string {
  const pairs = query.split('&').filter((pair) => pair.indexOf('format=') === 0);
  if (pairs.length === 0) return '';
  const value = String(pairs[0]).slice('format='.length);
  try {
    return decodeURIComponent(value).replace(/ /g, '+').toLowerCase();
  } catch {
    return value;
  }
}

function offerFor(wishes: Wishes): Offer | undefined {
  // PEP 691: the URL parameter goes before the header.
  const format = formatIn(wishes.query);
  if (format !== '') return BY_NAME.filter((offer) => specificity(offer, format) === NAMED)[0];
  const accepted = preferencesOf(wishes.accept);
  return accepted.length === 0 ? AS_HTML : bestOffer(accepted);
}

/** RFC 9110 12.5.3: whether gzip is welcome, and no less than the bytes as they are. */
function takesGzip(header: string | undefined): boolean {
  let gzip: number | undefined;
  let any = 0;
  let identity = 0;
  preferencesOf(header).forEach((preference) => {
    if (preference.value === 'gzip' || preference.value === 'x-gzip') {
      gzip = Math.max(gzip === undefined ? 0 : gzip, preference.weight);
    }
    if (preference.value === '*') any = preference.weight;
    if (preference.value === 'identity') identity = preference.weight;
  });
  const weight = gzip === undefined ? any : gzip;
  return weight > 0 && weight >= identity;
}

/** Which representation of a page to send; `undefined` where none is acceptable. */
export function negotiate(wishes: Wishes): Representation | undefined {
  const offer = offerFor(wishes);
  if (offer === AS_HTML) return 'index.html';
  if (offer === AS_V1_HTML) return 'index.v1.html';
  if (offer === undefined) return undefined;
  return takesGzip(wishes.acceptEncoding) ? 'index.json.gz' : 'index.json';
}
