// Asks a server over and over, on connections that are kept where it keeps them, and says how long that took.
import type { Load, Loaded } from '../frame/load.ts';
import { Connection } from './connection.ts';

async function run({ url, headers, requests, connections, status }: Load): Promise<Loaded> {
  const times: number[] = [];
  let bytes = 0;
  let left = requests;
  const started = performance.now();
  const client = async (): Promise<void> => {
    const connection = new Connection(new URL(url), headers);
    try {
      while (left > 0) {
        left--;
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
  return { milliseconds, p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN, bytes };
}

process.on('message', (load: Load) => {
  run(load).then(
    (loaded) => process.send?.(loaded),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
