import { devNull } from 'node:os';
import process from 'node:process';

/** Takes away what the person who runs the tests has set for repositories of their own. */
export function setup(): void {
  for (const name of Object.keys(process.env)) {
    if (/^WHEELSTORE_(?!TEST_)/i.test(name)) delete process.env[name];
  }
  // Nor is there a file to be found in a folder above the temporary ones.
  process.env['WHEELSTORE_CONFIG'] = devNull;
}
