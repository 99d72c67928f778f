/** A file of a tree. */
export interface TreeFile {
  /** From the root of the tree, with `/` between its segments; a bucket's may end with one. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly modified: Date | undefined;
}

/** A folder, or a bucket below a prefix, in which somebody else has put what is there. */
export interface Tree {
  /** For people: `folder ./packages`. */
  readonly description: string;

  /** Every file, in no particular order. */
  list(): AsyncIterable<TreeFile>;

  /**
   * The bytes of a file.
   *
   * @throws {WheelstoreError} `not-found` where it is gone; `file-changed` where it has more than `limit`
   *   bytes
   */
  read(path: string, limit: number): AsyncIterable<Uint8Array>;

  /** Removes a file. Removing what is absent succeeds. */
  remove?(path: string): Promise<void>;

  /** Idempotent. */
  close(): Promise<void>;
}
