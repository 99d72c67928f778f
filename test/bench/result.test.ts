import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { comparisonOf, differencesOf, linesOf } from '../../bench/frame/compare.ts';
import type { Measured } from '../../bench/frame/part.ts';
import { readResult, type BenchResult, type PartReport } from '../../bench/frame/result.ts';
import { tablesOf } from '../../bench/frame/tables.ts';
import { temporaryFolder } from '../support/temporary.ts';

function measured(name: string, median: number, more: Partial<Measured> = {}): Measured {
  return { name, runs: 3, median, fastest: median / 2, slowest: median * 2, counts: {}, ...more };
}

const PUBLISHING: PartReport = {
  title: 'Publish',
  groups: [
    {
      title: '200 new projects',
      measured: [
        measured('wheelstore', 2000, { peakMemory: 75 * 1024, counts: { requests: 1234, 'round trips': 8 } }),
        measured('s3pypi', 30_500),
      ],
    },
  ],
  goals: [
    {
      text: 'at least 15 times as fast as s3pypi',
      found: '15.25 times as fast',
      met: true,
      compared: { own: 2000, peer: 's3pypi', theirs: 30_500 },
    },
    { text: 'no release lost', found: '1 lost', met: false },
  ],
  notMeasured: [],
};

const SERVING: PartReport = {
  title: 'Serve',
  groups: [
    {
      title: 'a|b',
      measured: [measured('wheelstore', 0.05, { perSecond: { what: 'requests', times: 20_000 } })],
    },
  ],
  goals: [{ text: '5 times pypiserver', found: 'pypiserver was not measured', met: undefined }],
  notMeasured: [{ what: 'pypiserver', because: 'it is not there' }],
};

const FAILING: PartReport = {
  title: 'Rebuild',
  groups: [],
  goals: [],
  notMeasured: [],
  failed: 'dumb-pypi ended with 1\nits complaint',
};

const RESULT: BenchResult = {
  date: '2026-01-02T03:04:05.000Z',
  command: 'npm run bench -- --json',
  machine: { wheelstore: '0.1.0', s3pypi: '2.0.1' },
  runs: 3,
  latency: 20,
  quick: false,
  parts: { B1: PUBLISHING, B4: FAILING, B5: SERVING },
};

describe('a result in Markdown', () => {
  it('has the machine, the goals, and what was measured, in a stable order', () => {
    expect(tablesOf(RESULT)).toBe(`\
|  |  |
| --- | --- |
| wheelstore | 0.1.0 |
| s3pypi | 2.0.1 |
| measured | 2026-01-02, \`npm run bench -- --json\` |
| runs | 3 each, after a warm-up |
| latency | 20 ms a request |

|  | what | goal | wheelstore | peer | times as fast |  |
| --- | --- | --- | ---: | ---: | ---: | --- |
| B1 | Publish | at least 15 times as fast as s3pypi | 2000 ms | s3pypi: 30.5 s | 15.25 | met |
| B1 |  | no release lost | 1 lost |  |  | MISSED |
| B4 | Rebuild |  |  |  |  | failed: dumb-pypi ended with 1 |
| B5 | Serve | 5 times pypiserver |  |  |  | open: pypiserver was not measured |

### B1: Publish

|  |  | median | fastest to slowest | ratio | peak memory | counts |
| --- | --- | ---: | ---: | ---: | ---: | --- |
| 200 new projects | wheelstore | 2000 ms | 1000 ms to 4000 ms | 1.00 | 75 MiB | 1,234 requests, 8 round trips |
|  | s3pypi | 30.5 s | 15.3 s to 61.0 s | 15.25 |  |  |

### B4: Rebuild

Failed: dumb-pypi ended with 1

### B5: Serve

|  |  | median | fastest to slowest | ratio | peak memory | counts |
| --- | --- | ---: | ---: | ---: | ---: | --- |
| a\\|b | wheelstore | 50.00 µs | 25.00 µs to 0.10 ms | 1.00 |  | 20,000 requests a second |

- not measured: pypiserver: it is not there`);
  });

  it('says that a quick run means nothing, and keeps cells apart', () => {
    const machine = { processor: 'one | two' };
    const text = tablesOf({ ...RESULT, quick: true, machine, note: 'no GNU time', parts: {} });
    expect(text).toContain('| runs | 3 each, after a warm-up; --quick: these numbers mean nothing |');
    expect(text).toContain('| processor | one \\| two |');
    expect(text).toContain('| not measured | no GNU time |');
  });
});

describe('two results', () => {
  const faster: PartReport = {
    ...PUBLISHING,
    groups: [{ title: '200 new projects', measured: [measured('wheelstore', 1000), measured('another', 7)] }],
  };
  const later: BenchResult = {
    ...RESULT,
    date: '2026-02-03T00:00:00.000Z',
    parts: { B1: faster, B4: FAILING },
  };

  it('have the lines of the parts that both have run, with what each has measured', () => {
    expect(linesOf(RESULT, later)).toEqual([
      { id: 'B1', group: '200 new projects', name: 'wheelstore', before: 2000, after: 1000 },
      { id: 'B1', group: '200 new projects', name: 's3pypi', before: 30_500, after: undefined },
      { id: 'B1', group: '200 new projects', name: 'another', before: undefined, after: 7 },
    ]);
  });

  it('differ in what they were measured with, or do not', () => {
    expect(differencesOf(RESULT, later)).toEqual([]);
    const machine = { wheelstore: '0.2.0', pypiserver: '2.4.1' };
    expect(differencesOf(RESULT, { ...later, machine, runs: 5, latency: 0, quick: true })).toEqual([
      'wheelstore: 0.1.0, then 0.2.0',
      's3pypi: 2.0.1, then none',
      'runs: 3, then 5',
      'latency: 20 ms, then 0 ms',
      'quick: no, then yes',
      'pypiserver: none, then 2.4.1',
    ]);
  });

  it('are beside each other, in times of the first', () => {
    expect(comparisonOf(RESULT, { ...later, runs: 5 })).toBe(`\
before  2026-01-02T03:04:05.000Z  npm run bench -- --json
after   2026-02-03T00:00:00.000Z  npm run bench -- --json
not the same: runs: 3, then 5

B1  Publish
  200 new projects
    wheelstore                     2000 ms     1000 ms     0.50 x
    s3pypi                          30.5 s           -       gone
    another                              -     7.00 ms        new

B4  Rebuild
  before, FAILED: dumb-pypi ended with 1
  after, FAILED: dumb-pypi ended with 1`);
  });
});

it.each(['> wheelstore@0.1.0 bench\n{}', '{}', '[]', 'null'])(
  'reads no result where there is none: %j',
  async (text) => {
    const path = join(temporaryFolder(), 'a.json');
    writeFileSync(path, text);
    await expect(readResult(path)).rejects.toThrow('is no result');
  },
);

it('reads what was written', async () => {
  const path = join(temporaryFolder(), 'a.json');
  writeFileSync(path, JSON.stringify(RESULT));
  expect(await readResult(path)).toEqual(RESULT);
});
