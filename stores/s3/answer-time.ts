import type { CompleteMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';

/** S3 is no older: a clock that says so was never set. */
const EARLIEST = Date.UTC(2006, 0);

/** RFC 9110: how every server has to write a time. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Has the answer to a write noted when the store gave it, which the SDK keeps to itself. To be called
 * before the command is sent.
 *
 * @returns what gives the time, once there is an answer; `undefined` where it said none to rely on
 */
export function timeOfAnswer(
  command: PutObjectCommand | CompleteMultipartUploadCommand,
): () => Date | undefined {
  let time: Date | undefined;
  // What differs in the type of the other command is of no concern here.
  const stack = command.middlewareStack as PutObjectCommand['middlewareStack'];
  stack.add(
    (next) => async (request) => {
      const result = await next(request);
      time = timeIn(result.response);
      return result;
    },
    { step: 'deserialize', name: 'timeOfAnswer' },
  );
  return () => time;
}

function timeIn(response: unknown): Date | undefined {
  const headers: unknown = field(response, 'headers');
  const date = field(headers, 'date');
  if (typeof date !== 'string' || !HTTP_DATE.test(date)) return undefined;
  const time = new Date(date);
  return time.getTime() >= EARLIEST ? time : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
