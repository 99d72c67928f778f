/** What an index needs to know of what is inside of a distribution. */
export interface ArchiveContents {
  /** METADATA of a wheel or PKG-INFO of an sdist, byte for byte. */
  readonly metadata: Uint8Array;
  /** `foo-1.0.dist-info` of a wheel; the top-level folder of an sdist, such as `foo-1.0`. */
  readonly folder: string;
  /** The path of every member that is not a folder. */
  readonly members: ReadonlySet<string>;
}
