import { findPips } from '../support/pips.ts';
import { runsCommands } from './suites/commands.ts';
import { SERVED_FOLDER } from './transports.ts';

runsCommands(await findPips(), SERVED_FOLDER);
