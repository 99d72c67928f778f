import { spawnSync } from 'node:child_process';
import { describeWhere, isEverythingRequired } from './needs.ts';

/** A Python that has pip. */
export interface Python {
  readonly python: string;
}

// Before 22, `packaging` read what is no PEP 440 version as a "legacy" one.
const OLDEST_PACKAGING = 22;

// The package itself where it is newer than the copy that pip brings.
const IMPORT_PACKAGING = `
import importlib
def packaging(name=''):
    for package in ('packaging', 'pip._vendor.packaging'):
        try:
            found = importlib.import_module(package)
        except ImportError:
            continue
        if int(found.__version__.split('.')[0]) >= ${OLDEST_PACKAGING}:
            return importlib.import_module(package + name)
    raise SystemExit('no packaging')
`;

function find<T>(look: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => (found ??= { value: look() }).value;
}

/** The `python3` on the path, if it has pip. */
export const findPython: () => Python | undefined = find(() => {
  const pip = spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' });
  return pip.status === 0 ? { python: 'python3' } : undefined;
});

const hasPackaging = find(() => {
  const python = findPython();
  return (
    python !== undefined && spawnSync(python.python, ['-c', `${IMPORT_PACKAGING}\npackaging()`]).status === 0
  );
});

/** Tests that need `python3` with pip: skipped by name without it, or failed where nothing may be skipped. */
export function describeWithPython(name: string, tests: () => void): void {
  describeWhere(isEverythingRequired() || findPython() !== undefined, name, 'python3 with pip', tests);
}

/**
 * Tests that need `packaging` in that Python, by itself or inside pip: skipped by name without it, and
 * always allowed to be, since many a pip brings an older one.
 */
export function describeWithPackaging(name: string, tests: () => void): void {
  describeWhere(hasPackaging(), name, `packaging ${OLDEST_PACKAGING} or newer in python3`, tests);
}

/**
 * Runs `script` once with `input` as the JSON value on its stdin. It has `packaging(submodule)`,
 * `data`, and `answer(value)`, which prints the JSON value that is returned here.
 */
export function askPackaging(script: string, input: unknown): unknown {
  const prelude = `${IMPORT_PACKAGING}
import json, sys
data = json.loads(sys.stdin.buffer.read())
def answer(value):
    sys.stdout.write(json.dumps(value))
`;
  const { python } = findPython() ?? { python: 'python3' };
  const run = spawnSync(python, ['-c', `${prelude}\n${script}`], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (run.status !== 0) throw new Error(`python3 failed: ${run.error?.message ?? run.stderr}`);
  return JSON.parse(run.stdout);
}
