import { readFile } from 'node:fs/promises';
import type { PartResult } from './part.ts';

/** What a part came to. */
export interface PartReport extends PartResult {
  readonly title: string;
  /** Why there is no result. */
  readonly failed?: string;
}

/** Everything that was measured, as `--json` writes it. */
export interface BenchResult {
  /** ISO 8601, of its end. */
  readonly date: string;
  readonly command: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly runs: number;
  /** In milliseconds. */
  readonly latency: number;
  readonly quick: boolean;
  /** What the machine could not tell. */
  readonly note?: string;
  /** By their ids, in their order. */
  readonly parts: Readonly<Record<string, PartReport>>;
}

/**
 * A result that was written with `--json`.
 *
 * @throws {Error} where the file is something else
 */
export async function readResult(path: string): Promise<BenchResult> {
  const text = await readFile(path, 'utf8');
  try {
    const result = JSON.parse(text) as BenchResult;
    if (typeof result.parts === 'object' && typeof result.machine === 'object') return result;
  } catch {
    // What npm prints without --silent is no JSON, for one.
  }
  throw new Error(`${path} is no result: npm run --silent bench -- --json > ${path} writes one`);
}
