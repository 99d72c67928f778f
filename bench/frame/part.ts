import type { Scope } from './scope.ts';

/** One run of one contestant. */
export interface Sample {
  readonly milliseconds: number;
  /** In KiB; `undefined` where this machine does not tell. */
  readonly peakMemory?: number | undefined;
  /** Whatever else was counted: requests, bytes, losses. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** One of those that do the same work in turns. */
export interface Contestant {
  readonly name: string;
  /** What a run does, and how often, for a rate. */
  readonly work?: { readonly what: string; readonly times: number };
  /** What the run finds prepared is no part of it. @param turn 0 is the warm-up */
  readonly run: (turn: number) => Promise<Sample>;
}

/** What the runs of one contestant came to. Times in milliseconds. */
export interface Measured {
  readonly name: string;
  readonly runs: number;
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
  /** Of what a run does, in the median run. */
  readonly perSecond?: { readonly what: string; readonly times: number };
  /** In KiB, the most of all runs. */
  readonly peakMemory?: number;
  /** The worst of all runs. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The same work, done by each contestant. The ratios are to the first of them. */
export interface Group {
  readonly title: string;
  readonly measured: readonly Measured[];
}

/** What the project has set itself, and what was found. */
export interface Goal {
  readonly text: string;
  readonly found: string;
  /** `undefined` where what it compares with was not measured. */
  readonly met: boolean | undefined;
  /** The two medians, of a goal that compares such. */
  readonly compared?: { readonly own: number; readonly peer: string; readonly theirs: number };
}

/** Something that was to be measured, and could not be. */
export interface NotMeasured {
  readonly what: string;
  readonly because: string;
}

export interface PartResult {
  readonly groups: readonly Group[];
  readonly goals: readonly Goal[];
  readonly notMeasured: readonly NotMeasured[];
}

/** What a part is told. */
export interface Setting {
  readonly runs: number;
  /** A small size, to try the harness itself. */
  readonly quick: boolean;
  /** In milliseconds, what the proxy adds to each request. */
  readonly latency: number;
  /** Temporary folders and processes, all gone when the part is over. */
  readonly scope: Scope;
  /** The first in a full run, the second where it is only to be tried. */
  readonly size: (full: number, small: number) => number;
}

export interface Part {
  readonly title: string;
  readonly run: (setting: Setting) => Promise<PartResult>;
}
