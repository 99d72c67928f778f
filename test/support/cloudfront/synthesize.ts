import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../../lib/package-index-app.ts';
import type { Template } from './intrinsics.ts';

/** Settings, as they are given with `-c`. */
export type Settings = Readonly<Record<string, string>>;

const CDK_JSON = new URL('../../../cdk.json', import.meta.url);

const made = new Map<string, Template>();

/** The template of the stack with the distribution. Made once for the same settings: it takes seconds. */
export function templateFor(settings: Settings): Template {
  const key = JSON.stringify(settings);
  const template = made.get(key) ?? synthesize(settings);
  made.set(key, template);
  return template;
}

function synthesize(settings: Settings): Template {
  const { context } = JSON.parse(readFileSync(CDK_JSON, 'utf8')) as { context: Record<string, unknown> };
  const outdir = mkdtempSync(join(tmpdir(), 'wheelstore-test-'));
  try {
    const { stacks } = createApp({ outdir, context: { ...context, ...settings } }).synth();
    // Read now: the folder goes.
    const templates = stacks.map((stack) => stack.template as Template);
    const template = templates.find(hasDistribution);
    if (template === undefined) throw new Error('No stack has a distribution');
    return template;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function hasDistribution({ Resources }: Template): boolean {
  return Object.values(Resources).some(({ Type }) => Type === 'AWS::CloudFront::Distribution');
}
