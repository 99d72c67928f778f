import { describe } from 'vitest';
import { isCertificateMissing } from '../support/certificate.ts';
import { findPips } from '../support/pips.ts';
import { keepsPrivate } from './suites/private.ts';
import { privateDistribution, SERVED_PRIVATELY } from './transports.ts';

const pips = await findPips();

/** Each generation of pip's own code about credentials; over HTTPS, only the first and the last. */
const outermost = [...new Set([...pips.slice(0, 1), ...pips.slice(-1)])];

describe('A private folder', () => keepsPrivate(SERVED_PRIVATELY, pips));

const isSkipped = isCertificateMissing();
const ending = isSkipped ? ' (skipped: needs openssl)' : '';

describe.skipIf(isSkipped)(`A private bucket behind CloudFront${ending}`, () =>
  keepsPrivate(privateDistribution(), outermost),
);
