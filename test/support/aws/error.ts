import { xmlDocument } from '../s3/xml.ts';

/** A refusal as the services of AWS word it. */
export class AwsError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  document(): string {
    const error = [
      ['Type', 'Sender'],
      ['Code', this.code],
      ['Message', this.message],
    ] as const;
    return xmlDocument([
      'ErrorResponse',
      [
        ['Error', error],
        ['RequestId', 'test'],
      ],
    ]);
  }
}
