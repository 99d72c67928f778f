import type { WheelstoreError } from '../errors.ts';
import type { NormalizedName } from '../names.ts';
import type { ProjectStatus } from '../record.ts';

/** Where something is, as its source calls it: a URL, a key, a path. It means nothing to another source. */
export type Location = string;

/** A file as its source tells of it. Any of this may be wrong. */
export interface OfferedFile {
  readonly filename: string;
  readonly location: Location;
  /** In bytes. */
  readonly size?: number;
  /** Lower-case hex, by the names of Python's hashlib: `sha256`, `md5`. */
  readonly hashes: Readonly<Record<string, string>>;
  /** PEP 700: `yyyy-mm-ddThh:mm:ss.fffZ`, or when the source got the bytes. */
  readonly uploadTime?: string;
  /** PEP 592: a text is the reason. */
  readonly yanked: boolean | string;
  readonly requiresPython?: string;
  /** PEP 658: what the source says of the metadata file; `true` where it gives no hash. */
  readonly metadata?: true | Readonly<Record<string, string>>;
  /** PEP 740: where the provenance is. */
  readonly provenance?: Location;
}

/** A project as its source tells of it. */
export interface OfferedProject {
  readonly project: NormalizedName;
  /** PEP 792; without it, the source says nothing. */
  readonly status?: ProjectStatus;
  readonly files: readonly OfferedFile[];
  /** Distributions that lie beside these, and that its page does not name: who has published there has not offered them. */
  readonly unlisted?: readonly string[];
  /** What is there and cannot be offered, each with a reason. */
  readonly problems: readonly WheelstoreError[];
}

/** Where distributions come from. */
export interface ImportSource {
  /** For people: `index https://pypi.old.example/simple/`, `folder ./packages`. */
  readonly description: string;

  /** Every project that there is. Names that make no sense are among the problems. */
  projects(): Promise<{
    readonly projects: readonly NormalizedName[];
    readonly problems: readonly WheelstoreError[];
  }>;

  /**
   * What there is of one project; `undefined` where the source says that there is no such project, and
   * nothing else.
   */
  project(name: NormalizedName): Promise<OfferedProject | undefined>;

  /**
   * The bytes at a location, as they come. The source does not check them; it stops with an error where
   * there are more than `limit` bytes.
   */
  read(location: Location, limit: number): AsyncIterable<Uint8Array>;

  /** Takes all files of a project away, and its pages. Not every source can. */
  remove?(project: NormalizedName, locations: readonly Location[]): Promise<void>;

  /** Lets go of connections. Idempotent. */
  close(): Promise<void>;
}
