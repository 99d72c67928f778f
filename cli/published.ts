import type { PublishFailure, PublishResult } from '../core/publish.ts';
import { reportFailure } from './failure.ts';
import { count, note, printLine, styled, type Terminal } from './terminal.ts';

const DONE = {
  publish: 'published',
  replace: 'replaced',
  restore: 'restored',
  unchanged: 'already there',
} as const;

/** Says of each file what has become of it. */
export function printPublished(terminal: Terminal, { published }: PublishResult): void {
  for (const { action, distribution, replaced } of published) {
    const label = DONE[action].padEnd(13);
    const shown = action === 'unchanged' ? label : styled('green', label);
    printLine(terminal, shown, `  ${distribution.filename}`);
    if (replaced !== undefined && replaced.yanked !== false) {
      const { project, version } = distribution;
      note(terminal, `${distribution.filename} is still yanked: wheelstore unyank ${project} ${version}`);
    }
  }
  const fresh = published.filter(({ action }) => action !== 'unchanged').length;
  printLine(terminal, `${count(fresh, 'file')} published, ${published.length - fresh} already there.`);
}

/** Tells what went wrong while publishing, and says with which code to exit: 0 where nothing did. */
export function reportFailures(terminal: Terminal, failures: readonly PublishFailure[]): number {
  return Math.max(0, ...failures.map(({ error }) => reportFailure(terminal, error)));
}
