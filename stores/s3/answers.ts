/** What can be read from a failed request, whoever made the error: S3, the SDK, or Node. */
export interface Answer {
  /** S3's code (`NoSuchKey`), or the name of the SDK's error. */
  readonly name: string;
  readonly message: string;
  /** Absent where no answer came. */
  readonly status: number | undefined;
  /** How often the request was sent. */
  readonly attempts: number;
  /** Node's code (`ECONNREFUSED`). */
  readonly systemCode: string | undefined;
  /** Where S3 says that the bucket is. */
  readonly region: string | undefined;
}

/** Reads the facts of anything that was thrown by a request. */
export function answerOf(error: unknown): Answer {
  const metadata = field(error, '$metadata');
  return {
    name: text(field(error, 'name')) ?? '',
    message: text(field(error, 'message')) ?? '',
    status:
      number(field(metadata, 'httpStatusCode')) ?? number(field(field(error, '$response'), 'statusCode')),
    attempts: number(field(metadata, 'attempts')) ?? 1,
    systemCode: systemCodeOf(error),
    region: regionOf(error),
  };
}

/** "There is no such key", and nothing else: a 404 can have other reasons. */
export function saysAbsent({ name, status }: Answer): boolean {
  return name === 'NoSuchKey' || (name === 'NotFound' && status === 404);
}

/** The condition of a write did not hold. */
export function saysPreconditionFailed({ name, status }: Answer): boolean {
  return name === 'PreconditionFailed' || status === 412;
}

/** Another write of the same key was under way; which of them wins is not known. */
export function saysConflict({ name, status }: Answer): boolean {
  // S3 says ConditionalRequestConflict or OperationAborted; other stores have words of their own.
  return name === 'ConditionalRequestConflict' || status === 409;
}

function regionOf(error: unknown): string | undefined {
  const header = text(field(field(field(error, '$response'), 'headers'), 'x-amz-bucket-region'));
  const message = text(field(error, 'message')) ?? '';
  return header ?? text(field(error, 'Region')) ?? /expecting '([a-z0-9-]+)'/.exec(message)?.[1];
}

function systemCodeOf(error: unknown): string | undefined {
  // Node tries several addresses of a name, and collects what each came to.
  const inner = field(error, 'errors');
  const first: unknown = Array.isArray(inner) ? inner[0] : undefined;
  return (
    text(field(error, 'code')) ?? text(field(first, 'code')) ?? text(field(field(error, 'cause'), 'code'))
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
