import type { NormalizedName } from './names.ts';

/** What a use case has to tell while it works. Only the command prints. */
export type ReportEvent =
  /** Something that the person should know and that stops nothing. */
  | { readonly type: 'warning'; readonly subject: string; readonly message: string }
  /** The checks of one local file are done, however they ended. */
  | { readonly type: 'checked' }
  /** So many bytes are about to be sent, of so many files. */
  | { readonly type: 'sending'; readonly bytes: number; readonly files: number }
  | { readonly type: 'sent'; readonly bytes: number }
  /** The record that names these files is committed: they are published. */
  | { readonly type: 'published'; readonly project: NormalizedName; readonly filenames: readonly string[] }
  /** Another writer was faster; the step is done again from what that writer left. */
  | { readonly type: 'retry'; readonly project: NormalizedName | undefined; readonly attempt: number };

export interface Reporter {
  emit(event: ReportEvent): void;
}

/** For callers who only want the result. */
export const silentReporter: Reporter = { emit: () => undefined };
