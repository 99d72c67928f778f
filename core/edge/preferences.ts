/** One member of an `Accept` or `Accept-Encoding` list. */
export interface Preference {
  /** In lower case, without parameters. */
  readonly value: string;
  /** From 0 (never) to 1. */
  readonly weight: number;
}

/** For a `q` that is no number: the client does take it, but anything well-formed goes first. */
const UNREADABLE_WEIGHT = 0.001;

function readWeight(text: string): number {
  return /^(\d+\.?\d*|\.\d+)$/.test(text) ? Math.min(1, parseFloat(text)) : UNREADABLE_WEIGHT;
}

function preferenceOf(member: string): Preference {
  const parameters = member.indexOf(';');
  const value = parameters < 0 ? member : member.slice(0, parameters);
  // RFC 9110 12.4.2: OWS ";" OWS "q=" qvalue, where `q` ignores case. Other parameters say nothing here.
  const weight = /;[ \t]*q[ \t]*=([^;]*)/i.exec(member);
  return {
    value: value.trim().toLowerCase(),
    weight: weight === null ? 1 : readWeight(String(weight[1]).trim()),
  };
}

/** RFC 9110 12.5: the members of a weighted list; none where there is no header or nothing in it. */
export function preferencesOf(header: string | undefined): Preference[] {
  if (header === undefined) return [];
  return (
    header
      // A quoted parameter may hold commas and semicolons.
      .replace(/"[^"]*"/g, '')
      .split(',')
      .map(preferenceOf)
      .filter((preference) => preference.value !== '')
  );
}
