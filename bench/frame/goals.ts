import type { Goal, Group } from './part.ts';
import { medianIn } from './measure.ts';

/** That `own` is at least `least` times as fast as `other`. */
export function fasterGoal(text: string, group: Group, own: string, other: string, least: number): Goal {
  const mine = medianIn(group, own);
  const theirs = medianIn(group, other);
  if (mine === undefined || theirs === undefined) {
    return { text, found: `${other} was not measured`, met: undefined };
  }
  const times = theirs / mine;
  const compared = { own: mine, peer: other, theirs };
  return { text, found: `${times.toFixed(2)} times as fast`, met: times >= least, compared };
}

/** That `found` is no more than `most`; `undefined` where it could not be measured. */
export function mostGoal(text: string, found: number | undefined, most: number, unit: string): Goal {
  if (found === undefined) return { text, found: 'not measured', met: undefined };
  return {
    text,
    found: `${Number(found.toFixed(3)).toLocaleString('en')} ${unit}`.trim(),
    met: found <= most,
  };
}
