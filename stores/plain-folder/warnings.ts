import { join } from 'node:path';
import type { WheelstoreError } from '../../core/errors.ts';
import type { HiddenFile } from '../../core/plain-folder/plain-index.ts';
import type { Reporter } from '../../core/reporter.ts';
import type { Judgements } from './judgements.ts';
import type { Listing } from './walk.ts';

/** A file that nobody has written to for so long is not being copied any more. In milliseconds. */
const QUIET = 5_000;

/** Something that a person should know of one path. */
interface Finding {
  readonly path: string;
  readonly message: string;
  /** Whether it may be over soon. */
  readonly isPassing?: boolean;
}

/** Tells why files are not served: once of each, as long as it is so. */
export class Warnings {
  readonly #root: string;
  readonly #reporter: Reporter;
  /** What was told and is still so. */
  #told: ReadonlySet<string> | undefined;
  readonly #noted = new Set<string>();

  constructor(root: string, reporter: Reporter) {
    this.#root = root;
    this.#reporter = reporter;
  }

  tell(listing: Listing, judgements: Judgements, hidden: readonly HiddenFile[], now: number): void {
    const isFirst = this.#told === undefined;
    const findings: Finding[] = [
      ...ofFolder(listing, isFirst),
      ...[...listing.problems].map(([path, error]) => ({ path, message: notServed(error) })),
      ...judgements.rejected().map(({ path, changed, error }) => ({
        path,
        message: notServed(error),
        // While somebody waits for the start, all is told that will not be there.
        isPassing: !isFirst && Math.abs(now - changed) < QUIET,
      })),
      ...hidden.map(({ path, reason }) => ({ path, message: `not served: it ${reason}` })),
    ];
    this.#told = this.#tellNews(findings);
  }

  /** Tells something of a file that is elsewhere, once for all. */
  noteOnce(subject: string, message: string): void {
    if (this.#noted.has(subject)) return;
    this.#noted.add(subject);
    this.#reporter.emit({ type: 'warning', subject, message });
  }

  #tellNews(findings: readonly Finding[]): ReadonlySet<string> {
    const told = new Set<string>();
    for (const { path, message, isPassing } of findings) {
      const place = join(this.#root, path);
      const finding = `${place}: ${message}`;
      const isKnown = this.#told?.has(finding) === true;
      if (!isKnown && isPassing === true) continue;
      told.add(finding);
      if (!isKnown) this.#reporter.emit({ type: 'warning', subject: place, message });
    }
    return told;
  }
}

function ofFolder({ unsupported, published }: Listing, isFirst: boolean): Finding[] {
  const findings: Finding[] = [];
  if (isFirst && unsupported > 0) {
    const what = unsupported === 1 ? '1 file' : `${unsupported} files`;
    const message = `not served: ${what} of a format that no current installer takes (.egg, .exe, .tar.bz2 and the like)`;
    findings.push({ path: '', message });
  }
  if (published > 0) {
    const message =
      'somebody has published to this folder, which made it a repository; start again to serve that';
    findings.push({ path: '', message });
  }
  return findings;
}

function notServed(error: WheelstoreError): string {
  const problems = error.problems.length > 0 ? error.problems : [error];
  return `not served: ${problems.map(({ message }) => message).join('; ')}`;
}
