import { setTimeout as wait } from 'node:timers/promises';
import { filePath, pagePaths } from '../core/edge-paths.ts';
import type { FileAddress } from '../core/keys.ts';
import type { NormalizedName } from '../core/names.ts';
import type { Reporter } from '../core/reporter.ts';
import { connectCloudFront, EdgeCaches } from '../stores/aws/edge-caches.ts';
import { connectCloudFormation, readStackOutputs, type StackOutputs } from '../stores/aws/stack-outputs.ts';
import type { RepositoryOptions } from './repository.ts';

/**
 * The options of a command whose repository is that of a stack, with what the stack says of it.
 *
 * @throws {WheelstoreError} `not-found`, and what asking AWS can come to
 */
export async function placedInStack<T extends RepositoryOptions>(
  options: T & { readonly stack: string },
): Promise<T & RepositoryOptions> {
  const { stack, profile, region, explain } = options;
  const outputs = await readStackOutputs(connectCloudFormation({ profile, region }), stack);
  explain?.(`stack ${stack}: bucket ${outputs.bucket}, distribution ${outputs.distributionId}`);
  const { bucket, prefix } = outputs;
  const edge = new StackEdge(outputs, { profile });
  return { ...options, store: undefined, bucket, prefix, region: outputs.region, edge };
}

/** CloudFront in front of a stack's bucket: learns what a command changes, and has it forgotten there. */
export class StackEdge {
  readonly outputs: StackOutputs;
  readonly #caches: EdgeCaches;
  readonly #projects = new Set<NormalizedName | undefined>();
  readonly #files: FileAddress[] = [];

  constructor(outputs: StackOutputs, access: { readonly profile?: string }) {
    this.outputs = outputs;
    this.#caches = new EdgeCaches(connectCloudFront(access), outputs.distributionId, (milliseconds) =>
      wait(milliseconds),
    );
  }

  /**
   * Hears from a command which pages are in line. Also of those that were so before: whoever wrote them
   * may have been killed before the caches were told.
   */
  listeningTo(reporter: Reporter): Reporter {
    return {
      emit: (event) => {
        if (event.type === 'in-line') this.#projects.add(event.project);
        reporter.emit(event);
      },
    };
  }

  /** The bytes of these are gone; without this, they can be kept at the edge for a year. */
  purge(files: readonly FileAddress[]): void {
    this.#files.push(...files);
  }

  /**
   * Has CloudFront forget what it may keep of all this.
   *
   * @param options `wait`: until it has reached every edge location
   * @returns how many paths that were
   */
  async forget(options: { readonly wait: boolean }): Promise<number> {
    const pages = this.outputs.pageTtlSeconds > 0 ? pagePaths(this.#projects) : [];
    const paths = [...new Set([...pages, ...this.#files.map(filePath)])];
    if (paths.length === 0) return 0;
    const id = await this.#caches.invalidate(paths);
    if (options.wait) await this.#caches.settled(id);
    return paths.length;
  }
}
