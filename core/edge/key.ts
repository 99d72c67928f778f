import type { EdgeRewrite } from './decide.ts';

/** The key of the object that a rewrite leads to. Keys are paths without escapes and leading slash. */
export function keyOf(rewrite: EdgeRewrite): string {
  return decodeURIComponent(rewrite.path.slice(1));
}
