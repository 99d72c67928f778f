/**
 * Applies `task` to each item, at most `limit` at a time, and gives the results in the items' order.
 * The first failure stops new tasks from starting and is thrown when those under way have ended, so
 * that nothing goes on working behind the caller's back.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const index = next++;
      try {
        results[index] = await task(items[index] as T, index);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(Math.max(1, limit), items.length) }, worker));
  if (failure !== undefined) throw failure.error;
  return results;
}

/**
 * Waits for all of what is under way, also where one part fails, and then throws the first failure.
 * Unlike `Promise.all`, it leaves nothing going on.
 */
export async function together<const T extends readonly Promise<unknown>[]>(
  parts: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(parts);
  // All have ended, so this waits for nothing.
  return Promise.all(parts);
}
