import type { FileAddress } from './keys.ts';
import type { NormalizedName } from './names.ts';

/** What a use case has to tell while it works. Only the command prints. */
export type ReportEvent =
  /** Something that the person should know and that stops nothing. */
  | { readonly type: 'warning'; readonly subject: string; readonly message: string }
  /** So many local files are about to be checked. */
  | { readonly type: 'checking'; readonly files: number }
  /** The checks of one of them are done, however they ended. */
  | { readonly type: 'checked' }
  /** So many bytes are about to be sent, of so many files. */
  | { readonly type: 'sending'; readonly bytes: number; readonly files: number }
  | { readonly type: 'sent'; readonly bytes: number }
  /** So many files are about to be fetched from another index; of some, nobody says how large they are. */
  | { readonly type: 'importing'; readonly files: number; readonly bytes: number }
  /** One of them was fetched, checked and published, or refused. */
  | { readonly type: 'imported'; readonly bytes: number }
  /**
   * The pages of a project (or the project list) were compared with what they are made from. So many of
   * them are about to be written; whether they were is not known before the end.
   */
  | { readonly type: 'pages'; readonly project: NormalizedName | undefined; readonly outdated: number }
  /** The bytes of a file that no page names are about to be removed. */
  | { readonly type: 'removing'; readonly file: FileAddress }
  /** A walk through the repository begins; its length is `total`. */
  | { readonly type: 'walking'; readonly unit: 'projects' | 'bytes'; readonly total: number }
  | { readonly type: 'walked'; readonly by: number }
  /** Another writer was faster; the step is done again from what that writer left. */
  | { readonly type: 'retry'; readonly project: NormalizedName | undefined; readonly attempt: number };

export interface Reporter {
  emit(event: ReportEvent): void;
}

/** For callers who only want the result. */
export const silentReporter: Reporter = { emit: () => undefined };
