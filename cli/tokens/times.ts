import { quote, WheelstoreError } from '../../core/errors.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** In milliseconds. A year is 365 days. */
const UNITS: Readonly<Record<string, number>> = {
  m: MINUTE,
  h: 60 * MINUTE,
  d: DAY,
  w: 7 * DAY,
  y: 365 * DAY,
};

/** In milliseconds. */
const LONGEST = 100 * 365 * DAY;

const DATE = /^\d{4}-\d\d-\d\d$/;
/** RFC 3339 5.6, without leap seconds, which no clock here has. */
const TIME =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * What `--expires` says: a time from now, the end of a day in UTC, or a moment.
 *
 * @throws {WheelstoreError} `usage`
 */
export function parseExpiry(text: string, now: Date): Date {
  if (DATE.test(text) && isDay(text)) return new Date(`${text}T23:59:59Z`);
  const [, day] = TIME.exec(text) ?? [];
  if (day !== undefined && isDay(day)) return new Date(text.toUpperCase().replace(' ', 'T'));
  const duration = durationIn(text);
  if (duration !== undefined && duration > 0) return new Date(now.getTime() + duration);
  throw new WheelstoreError('usage', `--expires: ${quote(text)} is no time to come`, {
    value: text,
    fix: 'Give a duration such as 90d, 12h, 30m, 8w or 1y (100y at most), a day such as 2027-01-31, or a moment such as 2027-01-31T18:00:00Z.',
  });
}

/**
 * What `--grace` says, in milliseconds.
 *
 * @throws {WheelstoreError} `usage`
 */
export function parseGrace(text: string): number {
  const duration = text === '0' ? 0 : durationIn(text);
  if (duration !== undefined) return duration;
  throw new WheelstoreError('usage', `--grace: ${quote(text)} is no duration`, {
    value: text,
    fix: 'Give a duration such as 1d, 12h, 30m or 8w (100y at most); 0 ends the old token at once.',
  });
}

/** In milliseconds; `undefined` for what is none, or is far too long. */
function durationIn(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,9})([mhdwy])$/.exec(text) ?? [];
  const duration = Number(number) * (UNITS[unit] ?? NaN);
  return duration <= LONGEST ? duration : undefined;
}

/** Whether there is such a day; JavaScript takes the 31st of June for the 1st of July. */
function isDay(day: string): boolean {
  const start = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(day);
}
