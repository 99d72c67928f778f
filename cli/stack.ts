import { setTimeout as wait } from 'node:timers/promises';
import { filePaths, pagePaths } from '../core/edge-paths.ts';
import { WheelstoreError } from '../core/errors.ts';
import type { FileAddress } from '../core/keys.ts';
import type { NormalizedName } from '../core/names.ts';
import type { ReportEvent, Reporter } from '../core/reporter.ts';
import { connectCloudFront, EdgeCaches } from '../stores/aws/edge-caches.ts';
import { connectCloudFormation, readStackOutputs, type StackOutputs } from '../stores/aws/stack-outputs.ts';
import type { RepositoryOptions } from './repository.ts';
import { count } from './terminal.ts';
import type { Explain } from './explain.ts';

/**
 * The options of a command whose repository is that of a stack, with what the stack says of it.
 *
 * @throws {WheelstoreError} `not-found`, and what asking AWS can come to
 */
export async function placedInStack<T extends RepositoryOptions>(
  options: T & { readonly stack: string },
): Promise<T & RepositoryOptions & { readonly edge: StackEdge }> {
  const { stack, profile, region, explain } = options;
  const client = await connectCloudFormation({ profile, region });
  const outputs = await readStackOutputs(client, stack).finally(() => client.destroy());
  explain?.(`stack ${stack}: bucket ${outputs.bucket}, distribution ${outputs.distributionId}`);
  const { bucket, prefix } = outputs;
  const caches = (pause: (milliseconds: number) => Promise<void>): EdgeCaches =>
    new EdgeCaches(connectCloudFront({ profile }), outputs.distributionId, pause);
  const edge = new StackEdge(outputs, caches, explain);
  return { ...options, store: undefined, bucket, prefix, region: outputs.region, edge };
}

/** How what a command has changed is to be forgotten. */
export interface Forgetting {
  /** Until it has reached every edge location. */
  readonly wait: boolean;
  /** Files whose bytes were removed as well, which can be kept at the edge for a year. */
  readonly purge: boolean;
  /** Whether the command has done all that it was told. */
  readonly isDone: boolean;
}

/** CloudFront in front of a stack's bucket: learns what a command changes, and has it forgotten there. */
export class StackEdge {
  readonly outputs: StackOutputs;
  readonly #connect: (pause: (milliseconds: number) => Promise<void>) => EdgeCaches;
  readonly #explain: Explain | undefined;
  readonly #projects = new Set<NormalizedName | undefined>();
  readonly #removed: FileAddress[] = [];
  #signal: AbortSignal | undefined;

  constructor(
    outputs: StackOutputs,
    connect: (pause: (milliseconds: number) => Promise<void>) => EdgeCaches,
    explain: Explain | undefined,
  ) {
    this.outputs = outputs;
    this.#connect = connect;
    this.#explain = explain;
  }

  /**
   * Hears from a command what it changes.
   *
   * @param signal aborted when the person wants to stop
   */
  listeningTo(reporter: Reporter, signal: AbortSignal | undefined): Reporter {
    this.#signal = signal;
    return {
      emit: (event) => {
        this.#hear(event);
        reporter.emit(event);
      },
    };
  }

  /**
   * Has CloudFront forget what it may keep of what has changed.
   *
   * @returns what has been done, for people; `undefined` where there was nothing to do
   * @throws {WheelstoreError} what asking AWS can come to, beginning with what is done already
   */
  async forget({ wait: isAwaited, purge, isDone }: Forgetting): Promise<string | undefined> {
    const { pageTtlSeconds, distributionId } = this.outputs;
    const pages = pageTtlSeconds > 0 ? pagePaths(this.#projects) : [];
    const files = purge ? filePaths(this.#removed) : [];
    const paths = [...pages, ...files];
    if (paths.length === 0) return undefined;
    const stale = [
      ...(pages.length > 0 ? [`pages as they were for up to ${count(pageTtlSeconds, 'second')}`] : []),
      ...(files.length > 0 ? ['the deleted files for up to a year'] : []),
    ].join(', and ');
    const caches = this.#connect((milliseconds) => this.#pause(milliseconds));
    try {
      this.#explain?.(`invalidating in distribution ${distributionId}: ${paths.join(' ')}`);
      const id = await caches.invalidate(paths);
      // Who wants to stop has waited long enough: what was asked for happens without us.
      if (!isAwaited || this.#signal?.aborted === true)
        return `CloudFront is forgetting ${count(paths.length, 'path')}.`;
      this.#explain?.(`waiting for CloudFront to complete the invalidation ${id}`);
      await caches.settled(id);
      return `CloudFront has forgotten ${count(paths.length, 'path')}.`;
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      const { code, message, value, fix = '', cause } = error;
      const done = isDone ? 'Everything is published' : 'What could be done is published';
      throw new WheelstoreError(code, `${done}, but CloudFront may go on serving ${stale}: ${message}`, {
        ...(value === undefined ? {} : { value }),
        fix: `${fix} The same command again has CloudFront forget it.`,
        cause,
      });
    }
  }

  #hear(event: ReportEvent): void {
    if (event.type === 'removing') this.#removed.push(event.file);
    if (event.type !== 'pages') return;
    this.#projects.add(event.project);
    // Nothing to write: an earlier command has done it, and may have been killed before CloudFront was
    // told, of the project list as well.
    if (event.outdated === 0) this.#projects.add(undefined);
  }

  async #pause(milliseconds: number): Promise<void> {
    await wait(milliseconds, undefined, this.#signal === undefined ? {} : { signal: this.#signal }).catch(
      () => {
        throw new WheelstoreError('interrupted', 'Interrupted before CloudFront was done', {
          fix: 'Nothing else is left to do.',
        });
      },
    );
  }
}
