import type { Measured } from './part.ts';

/** A time, in the unit in which people read it. */
export function inTime(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds >= 0.1) return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms`;
  return `${(milliseconds * 1000).toFixed(2)} µs`;
}

/** Memory that is given in KiB. */
export function inMebibytes(kibibytes: number): string {
  return `${(kibibytes / 1024).toFixed(0)} MiB`;
}

/** The rate, and whatever else was counted. */
export function countsIn({ perSecond, counts }: Measured): string[] {
  const rate =
    perSecond === undefined
      ? []
      : [`${Math.round(perSecond.times).toLocaleString('en')} ${perSecond.what} a second`];
  const others = Object.entries(counts).map(
    ([name, count]) => `${Number(count.toPrecision(6)).toLocaleString('en')} ${name}`,
  );
  return [...rate, ...others];
}

/** Of what a failed command has printed, the line that says what it was. */
export function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
