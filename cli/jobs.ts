import { quote, WheelstoreError } from '../core/errors.ts';

const MOST_JOBS = 999;

/**
 * How many projects and files to work on at once, as a person has written it.
 *
 * @throws {WheelstoreError} `usage`
 */
export function parseJobs(text: string): number {
  const jobs = Number(text);
  if (/^\d{1,3}$/.test(text) && jobs > 0) return jobs;
  throw new WheelstoreError('usage', `${quote(text)} is no number of jobs`, {
    value: text,
    fix: `Give a number from 1 to ${MOST_JOBS}.`,
  });
}
