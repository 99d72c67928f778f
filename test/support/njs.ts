import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { KeyValue } from './aws/key-value-store-contents.ts';
import type { CopyFailure } from './cloudfront/edge-copy.ts';
import type { FunctionRequest } from './cloudfront/viewer-function.ts';
import { describeWhere, isEverythingRequired } from './needs.ts';

const NAMED = process.env['WHEELSTORE_TEST_NJS'];

/** The command-line utility of njs, the engine from which the runtime of CloudFront Functions was made. */
const NJS = NAMED ?? 'njs';

/** Tests that need njs: skipped by name without it, or failed where it was named or nothing may be skipped. */
export function describeWithNjs(name: string, tests: () => void): void {
  const isWanted = NAMED !== undefined || isEverythingRequired();
  describeWhere(isWanted || spawnSync(NJS, ['-v']).status === 0, name, 'njs', tests);
}

/** One request of a function, and what of the key-value store does not answer meanwhile. */
export interface NjsCall {
  readonly request: FunctionRequest;
  readonly failure?: CopyFailure | 'no store' | undefined;
}

/** What a function is to find there. */
export interface NjsHost {
  /** In milliseconds. */
  readonly now: number;
  readonly tokens: readonly KeyValue[];
}

/** The module `cloudfront`, as `EdgeCopy` has it for the bare VM. */
const CLOUDFRONT = `
const host = { values: {}, failure: undefined };
const unreadable = () => new Error('The key-value store cannot be read');
const store = {
  get: async (key) => {
    if (host.failure !== undefined) throw unreadable();
    if (host.values[key] === undefined) throw new Error('KeyNotFound');
    return host.values[key];
  },
  exists: async (key) => {
    if (host.failure === 'everything') throw unreadable();
    return host.values[key] !== undefined;
  },
};
function kvs() {
  if (host.failure === 'no store') throw new Error('The function is associated with no key-value store');
  return store;
}
export default { host: host, kvs: kvs };
`;

/** One call after the other, as the failures of the store are for one each. */
const MAIN = `
import fs from 'fs';
import cloudfront from 'cloudfront';
import edge from 'edge';
async function outcomeOf(request) {
  try {
    const event = { version: '1.0', context: {}, viewer: { ip: '192.0.2.1' }, request: request };
    const outcome = await edge.handler(event);
    return outcome;
  } catch (error) {
    return { failed: String(error) };
  }
}
async function main() {
  const work = JSON.parse(fs.readFileSync('work.json'));
  const outcomes = [];
  cloudfront.host.values = work.values;
  Date.now = () => work.now;
  for (let index = 0; index < work.calls.length; index++) {
    cloudfront.host.failure = work.calls[index].failure;
    const outcome = await outcomeOf(work.calls[index].request);
    outcomes.push(outcome);
  }
  fs.writeFileSync('outcomes.json', JSON.stringify(outcomes));
}
main();
`;

/**
 * What a function answers to these calls, all of them in one process of njs. Its files are in `folder`;
 * what the function imports is found there by the names that it has in CloudFront.
 *
 * @throws where njs cannot read the function, with what it says of it
 */
export function runInNjs(
  folder: string,
  source: string,
  calls: readonly NjsCall[],
  host: NjsHost,
): unknown[] {
  const work = { calls, now: host.now, values: Object.fromEntries(host.tokens) };
  writeFileSync(join(folder, 'work.json'), JSON.stringify(work));
  writeFileSync(join(folder, 'cloudfront'), CLOUDFRONT);
  writeFileSync(join(folder, 'edge'), `${source}\nexport default { handler };\n`);
  writeFileSync(join(folder, 'main.js'), MAIN);
  const run = spawnSync(NJS, ['main.js'], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  if (run.status !== 0) {
    throw new Error(`${NJS} failed: ${run.error?.message ?? `${run.stdout}${run.stderr}`}`);
  }
  return JSON.parse(readFileSync(join(folder, 'outcomes.json'), 'utf8')) as unknown[];
}
