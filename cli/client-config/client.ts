import type { Addition } from './addition.ts';
import type { Machine } from './machine.ts';
import type { Source } from './source.ts';

/** Lines that belong together. */
export interface Part {
  /** Where they go, and what is to be known of them. */
  readonly title: readonly string[];
  readonly lines: readonly string[];
  /**
   * `user`: in the file that `--write` writes. `project`: in a file of the project, which holds no secret.
   * `other`: another way to say the same, shown as a comment.
   */
  readonly kind: 'user' | 'project' | 'other';
}

/** The file of a user from which a client learns of its indexes, or of passwords. */
export interface UserFile {
  /** Where it is. */
  readonly path: (machine: Machine) => string;
  readonly add: (text: string, source: Source) => Addition;
  /** Variables that go before what is in the file. */
  readonly overriding: readonly string[];
}

/** A program that installs from the index, and how it is told of it. */
export interface Client {
  readonly parts: (source: Source, machine: Machine) => readonly Part[];
  /** Without one, `--write` is refused for this reason. */
  readonly file: UserFile | { readonly none: string };
  /** Flags that mean something to it. */
  readonly takes: readonly ('extra' | 'name')[];
  /** Whether its file, and so what is printed for it, can have no comments. */
  readonly isWithoutComments?: true;
  /** Whether its file is about the token and nothing else. */
  readonly isForTokenAlone?: true;
}

/** What anybody should know who uses two indexes with a client that takes the best from both. */
export function confusionWarning(client: string): string[] {
  return [
    `Careful: ${client} takes the highest version that any of its indexes has. Whoever publishes the name`,
    'of a private package on the public index, with a higher version, is installed in its place',
    '(dependency confusion). Leave --extra out, and publish what you need to your own index as well.',
  ];
}
