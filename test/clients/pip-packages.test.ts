import { findPips } from '../support/pips.ts';
import { installsRealPackages } from './suites/packages.ts';
import { SERVED_FOLDER } from './transports.ts';

installsRealPackages(await findPips(), SERVED_FOLDER);
