import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/**
 * A new, empty folder, which is removed when the test that asked for it is over.
 *
 * @param whenOver `afterAll` for a folder that several tests share
 */
export function temporaryFolder(whenOver: (remove: () => void) => void = onTestFinished): string {
  // The real path, because a command may show it so.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'wheelstore-test-')));
  // A process that was just killed may still hold a file open, which only Windows minds.
  whenOver(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

/**
 * The same for hooks, which come too late to say what is to be done after all tests. To be called where tests are
 * described.
 */
export function temporaryFolders(): () => string {
  const removals: (() => void)[] = [];
  afterAll(() => {
    for (const remove of removals) remove();
  });
  return () => temporaryFolder((remove) => void removals.push(remove));
}
