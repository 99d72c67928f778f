// Asks a server over and over, on connections that are kept, and says how long that took.
import { Agent, get } from 'node:http';
import type { Load, Loaded } from '../frame/load.ts';

async function run({ url, headers, requests, connections, status }: Load): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  let bytes = 0;
  let left = requests;
  const started = performance.now();
  const client = async (): Promise<void> => {
    while (left > 0) {
      left--;
      const began = performance.now();
      bytes += await ask(url, headers, agent, status);
      times.push(performance.now() - began);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, client));
  } finally {
    agent.destroy();
  }
  const milliseconds = performance.now() - started;
  const sorted = times.toSorted((a, b) => a - b);
  return { milliseconds, p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN, bytes };
}

/** @returns the length of the body, which is read and not kept */
function ask(url: string, headers: Load['headers'], agent: Agent, status: number): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      let length = 0;
      if (response.statusCode !== status) reject(new Error(`${url} answers ${response.statusCode}`));
      response.on('data', (chunk: Buffer) => (length += chunk.length));
      response.on('end', () => resolve(length));
      response.on('error', reject);
    }).on('error', reject);
  });
}

process.on('message', (load: Load) => {
  run(load).then(
    (loaded) => process.send?.(loaded),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
