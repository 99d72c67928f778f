/**
 * Every way in which Wheelstore refuses or fails on purpose. The set is closed: callers and tests
 * switch on the code, never on the text.
 */
export type ErrorCode =
  | 'usage' // the words of the command are wrong (exit code 2)
  | 'invalid-name'
  | 'invalid-version'
  | 'invalid-filename'
  | 'invalid-metadata'
  | 'invalid-archive'
  | 'unsupported-format'
  | 'rejected-files' // several problems at once, in `problems`
  | 'file-exists' // the same filename is published (with other bytes, or --strict)
  | 'file-deleted' // the filename was published and deleted
  | 'file-changed' // the bytes changed while they were being published
  | 'project-closed' // archived or quarantined
  | 'not-found'
  | 'token-exists' // a token of that name is there already
  | 'invalid-key'
  | 'corrupt-record'
  | 'corrupt-file' // the store holds other bytes than the key says
  | 'contention' // other writers kept winning
  | 'unreadable' // a local file or folder cannot be read
  | 'unwritable' // a local file or folder cannot be written (permissions, disk full)
  | 'configured-already' // a file of this user says something else already
  | 'unsupported-store'
  | 'store-failed' // the store failed, also when asked again
  | 'unreachable' // no connection to the store
  | 'no-credentials'
  | 'expired-credentials'
  | 'invalid-credentials' // a key that is unknown, or whose secret is another
  | 'access-denied'
  | 'kms-denied' // the KMS key of the objects is refused or cannot be used
  | 'no-such-bucket'
  | 'wrong-region'
  | 'clock-skew'
  | 'address-in-use'
  | 'cannot-listen'
  | 'invalid-page' // what an index has answered with is no page of an index, or says what makes no sense
  | 'unsafe-address' // a link or a redirect leads to where nothing is fetched from
  | 'source-failed' // what is imported from failed, also when asked again
  | 'interrupted';

/** What an error carries besides its message. */
export interface ErrorDetails {
  /** The offending value, as it was given. */
  readonly value?: string;
  /** The next step: a sentence that tells the person what to do. */
  readonly fix?: string;
  readonly cause?: unknown;
  /** The single problems of a report that names several. */
  readonly problems?: readonly WheelstoreError[];
}

/**
 * The one error class. Anything else that is thrown is a defect of Wheelstore itself.
 */
export class WheelstoreError extends Error {
  readonly code: ErrorCode;
  readonly value: string | undefined;
  readonly fix: string | undefined;
  readonly problems: readonly WheelstoreError[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'WheelstoreError';
    this.code = code;
    this.value = details.value;
    this.fix = details.fix;
    this.problems = details.problems ?? [];
  }
}

/**
 * Shows a hostile value on one line: control characters and bidirectional overrides are escaped, and
 * what is longer than `limit` characters is cut.
 */
export function quote(value: string, limit = 120): string {
  const cut = value.length > limit ? `${value.slice(0, limit)}…` : value;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
