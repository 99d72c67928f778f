import type { Load, LoadEnd, Loaded } from '../frame/load.ts';
import { Connection } from './connection.ts';

/**
 * Asks a server over and over, on connections that are kept where it keeps them.
 *
 * @throws {Error} where an answer is not what was expected, or breaks off
 */
export async function putLoad({ url, headers, end, connections, status }: Load): Promise<Loaded> {
  const times: number[] = [];
  let bytes = 0;
  const started = performance.now();
  const mayBegin = permission(end, started);
  const client = async (): Promise<void> => {
    const connection = new Connection(new URL(url), headers);
    try {
      while (mayBegin()) {
        const began = performance.now();
        const answer = await connection.ask();
        if (answer.status !== status) throw new Error(`${url} answers ${answer.status}`);
        bytes += answer.length;
        times.push(performance.now() - began);
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  const milliseconds = performance.now() - started;
  const sorted = times.toSorted((a, b) => a - b);
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
  return { milliseconds, answers: times.length, p99, bytes };
}

/** Asked before each request: whether there is to be one more. */
function permission(end: LoadEnd, started: number): () => boolean {
  if ('milliseconds' in end) return () => performance.now() - started < end.milliseconds;
  let left = end.requests;
  return () => left-- > 0;
}
