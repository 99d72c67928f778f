/** How long to wait for another machine. Times are in milliseconds. */
export interface Patience {
  /** For a connection, TLS included. */
  readonly connect: number;
  /** For an answer to begin, and for each next piece of it. */
  readonly idle: number;
  /** How long an answer may take in all before it has to be as fast as `slowest`. */
  readonly grace: number;
  /** In bytes for each second. */
  readonly slowest: number;
  /** How often something is asked for that fails in passing. */
  readonly attempts: number;
  /** The first pause between two attempts; each next one is twice as long. */
  readonly pause: number;
  /** The longest pause, whatever the other machine asks for. */
  readonly longestPause: number;
}

export const DEFAULT_PATIENCE: Patience = {
  connect: 10_000,
  idle: 60_000,
  grace: 60_000,
  slowest: 1024,
  attempts: 5,
  pause: 500,
  longestPause: 120_000,
};
