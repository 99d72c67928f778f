export interface ErrorContext {
  /** Further elements of the error document. */
  readonly details?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal as S3 words it: a status, a code that clients act upon, and a sentence for people. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, context: ErrorContext = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = context.details ?? {};
    this.headers = context.headers ?? {};
  }
}

export function noSuchKey(key: string): S3Error {
  return new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { details: { Key: key } });
}

export function noSuchUpload(id: string): S3Error {
  const message =
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';
  return new S3Error(404, 'NoSuchUpload', message, { details: { UploadId: id } });
}

export function accessDenied(message: string): S3Error {
  return new S3Error(403, 'AccessDenied', message);
}

export function preconditionFailed(condition: string): S3Error {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new S3Error(412, 'PreconditionFailed', message, { details: { Condition: condition } });
}

export function invalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error(400, 'InvalidArgument', message, {
    details: { ArgumentName: name, ArgumentValue: value },
  });
}

export function invalidRequest(message: string): S3Error {
  return new S3Error(400, 'InvalidRequest', message);
}

export function malformedXml(): S3Error {
  const message = 'The XML you provided was not well-formed or did not validate against our published schema';
  return new S3Error(400, 'MalformedXML', message);
}

/** What this server does not know must fail loudly, or a test would pass for the wrong reason. */
export function notImplemented(what: string): S3Error {
  const message = 'A header you provided implies functionality that is not implemented';
  return new S3Error(501, 'NotImplemented', message, { details: { Header: what } });
}
