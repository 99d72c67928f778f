import { bytesInMemory } from '../core/bytes.ts';
import type { Distribution } from '../core/distribution.ts';
import type { Environment } from '../core/environment.ts';
import { headersOf, recordKey } from '../core/keys.ts';
import { normalizeName } from '../core/names.ts';
import { planPublish, publish } from '../core/publish.ts';
import { inCanonicalOrder } from '../core/record-changes.ts';
import { serializeRecord, type FileEntry, type ProjectRecord } from '../core/record.ts';
import { silentReporter } from '../core/reporter.ts';
import { MemoryStore } from '../stores/memory.ts';
import { createHash } from 'node:crypto';
import { measure, type Measured } from './measure.ts';

const FOO = normalizeName('foo');

/** Publishing one file to a project that has 1, 1,000 and 10,000 files. */
export function measureGrowth(): Promise<Measured[]> {
  return measure(
    [1, 1_000, 10_000].map((files) => ({
      name: `publish one file beside ${files.toLocaleString('en')}`,
      run: async () => {
        const store = new MemoryStore();
        const key = recordKey(FOO);
        await store.replace(key, serializeRecord(recordWith(files)), undefined, headersOf(key));
        const environment = environmentOf(store);
        const started = performance.now();
        await publish(environment, await planPublish(environment, [newFile()], 'refuse'));
        return performance.now() - started;
      },
    })),
  );
}

function environmentOf(store: MemoryStore): Environment {
  return { store, reporter: silentReporter, wait: () => Promise.resolve(), random: Math.random, jobs: 8 };
}

function recordWith(count: number): ProjectRecord {
  const files = Array.from({ length: count }, (_, i): FileEntry => ({
    filename: `foo-1.${i}-py3-none-any.whl`,
    kind: 'wheel',
    version: `1.${i}`,
    size: 1000,
    sha256: createHash('sha256').update(String(i)).digest('hex'),
    generation: 1,
    uploadTime: '2026-01-01T00:00:00.000Z',
    requiresPython: '>=3.9',
    metadataSha256: 'ab'.repeat(32),
    yanked: false,
  }));
  return {
    name: FOO,
    serial: 1,
    status: { status: 'active' },
    files: inCanonicalOrder(files),
    tombstones: [],
  };
}

function newFile(): Distribution {
  const bytes = new TextEncoder().encode('a wheel');
  return {
    filename: 'foo-2.0-py3-none-any.whl',
    kind: 'wheel',
    project: FOO,
    version: '2.0',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    source: bytesInMemory(bytes),
    dependencies: [],
    warnings: [],
  };
}
