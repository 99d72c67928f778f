import type { WheelstoreError } from '../../errors.ts';
import type { NormalizedName } from '../../names.ts';
import type { ProjectStatus } from '../../record.ts';
import type { OfferedFile } from '../source.ts';

/** What the page of a project says. */
export interface ReadPage {
  /** Whose page it is; pages of HTML do not say so. */
  readonly project?: NormalizedName;
  readonly status?: ProjectStatus;
  readonly files: readonly OfferedFile[];
  /** Entries that make no sense, each with a reason. They hide no other. */
  readonly problems: readonly WheelstoreError[];
}

/** What a project list says. */
export interface ReadList {
  /** Each once, in the order of the page. */
  readonly projects: readonly NormalizedName[];
  readonly problems: readonly WheelstoreError[];
}
