import { findPips } from '../support/pips.ts';
import { choosesReleases } from './suites/choices.ts';
import { SERVED_FOLDER } from './transports.ts';

const pips = await findPips();
// oxlint-disable-next-line no-console -- what the results of this run stand for
console.info(`Clients under test: ${pips.map(({ label }) => label).join(', ') || 'none'}`);

choosesReleases(pips, SERVED_FOLDER);
