import type { S3Client } from '@aws-sdk/client-s3';

/** S3 is no older: a clock that says so was never set. */
const EARLIEST = Date.UTC(2006, 0);

/** RFC 9110: how every server has to write a time. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

const times = new WeakMap<object, Date>();

/**
 * Has the answers to a client's requests noted with the time at which the store gave them, which the SDK keeps to
 * itself. Of the client, because the steps of a request are composed once for all of its kind.
 */
export function noteTimes(client: Pick<S3Client, 'middlewareStack'>): void {
  client.middlewareStack.add(
    (next) => async (request) => {
      const result = await next(request);
      const time = timeIn(result.response);
      if (time !== undefined) times.set(result.output, time);
      return result;
    },
    // Behind what makes the output of the response.
    { step: 'build', name: 'noteTimes', override: true },
  );
}

/** When the store gave this answer; `undefined` where it said no time to rely on. */
export function timeOfAnswer(answer: object): Date | undefined {
  return times.get(answer);
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
