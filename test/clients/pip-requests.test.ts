import { findPips } from '../support/pips.ts';
import { countsRequests } from './suites/requests.ts';
import { SERVED_FOLDER } from './transports.ts';

countsRequests(await findPips(), SERVED_FOLDER);
