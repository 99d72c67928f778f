import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { App } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, it } from 'vitest';
import { appWith, templatesOf, type Template } from '../support/template.ts';
import { temporaryFolder, temporaryFolders } from '../support/temporary.ts';
import { CONFIGURATIONS } from './configurations.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Synthesized {
  readonly app: App;
  readonly assembly: CloudAssembly;
  readonly templates: readonly Template[];
}

const newFolder = temporaryFolders();
const synthesized = new Map<string, Synthesized>();
const get = (title: string): Synthesized => synthesized.get(title) as Synthesized;

const hasCfnLint = spawnSync('cfn-lint', ['--version'], { stdio: 'ignore', timeout: 60_000 }).status === 0;

beforeAll(() => {
  for (const { title, settings } of CONFIGURATIONS) {
    const app = appWith(settings, newFolder());
    const assembly = app.synth();
    synthesized.set(title, { app, assembly, templates: [...templatesOf(assembly).values()] });
  }
});

describe.each(CONFIGURATIONS)('with $title', ({ title, settings }) => {
  it('there is a stack for the index, and one for the certificate where it is made', () => {
    const { assembly } = get(title);
    const name = String(settings.stackName ?? 'Wheelstore');
    const isMade = settings.domainName !== undefined && settings.certificateArn === undefined;
    const names = assembly.stacks.map(({ stackName }) => stackName);
    expect(names.sort()).toEqual([name, ...(isMade ? [`${name}Certificate`] : [])].sort());
    const index = assembly.stacks.find(({ stackName }) => stackName === name);
    // The one is deployed before the other.
    const before = index?.dependencies.map(({ id }) => id).filter((id) => !id.endsWith('.assets'));
    expect(before).toEqual(isMade ? [`${name}Certificate`] : []);
    for (const { environment, stackName } of assembly.stacks) {
      expect(environment.region, stackName).toBe('us-east-1');
    }
  });

  it('nothing is left to say by the CDK', () => {
    const { assembly } = get(title);
    expect(assembly.stacks.flatMap(({ messages }) => messages.map(({ entry }) => entry.data))).toEqual([]);
  });

  it('there are no custom resources, and no functions but the one', () => {
    const resources = get(title).templates.flatMap((template) => [...template.resources.values()]);
    const types = resources.map(({ Type: type }) => type);
    expect(types.filter((type) => /Custom|WaitCondition|Macro/.test(type))).toEqual([]);
    expect(types.filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(1);
  });

  it('cdk-nag has no finding of AwsSolutions that has no reason', () => {
    const { app } = get(title);
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    expect(violations.map(({ ruleName, violatingResources: [first] }) => [ruleName, first])).toEqual([]);
  });
});

describe('cdk-nag', () => {
  it('would find a folder of the bucket that somebody adds', async () => {
    const { aws_iam: iam, Stack } = await import('aws-cdk-lib');
    const app = appWith({}, temporaryFolder());
    const scope = Stack.of(app.node.findChild('Wheelstore').node.findChild('Index').node.findChild('Rights'));
    const { node } = new iam.ManagedPolicy(scope, 'Careless', {
      statements: [
        new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::other/*'] }),
      ],
    });
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    expect(violations.flatMap(({ violatingResources: all }) => all.map((one) => one.constructPath))).toEqual([
      `${node.path}/Resource`,
    ]);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([
      'AwsSolutions-IAM5[Resource::arn:aws:s3:::other/*]',
    ]);
  });
});

if (hasCfnLint) {
  it('cfn-lint finds nothing in any template, not even a warning', { timeout: 240_000 }, async () => {
    const paths = [...synthesized.values()].flatMap(({ templates }) => templates.map(({ path }) => path));
    expect(paths.length).toBeGreaterThan(CONFIGURATIONS.length);
    const { stdout } = await promisify(execFile)('cfn-lint', ['--non-zero-exit-code', 'none', ...paths], {
      timeout: 240_000,
    });
    expect(stdout.trim()).toBe('');
  });
} else {
  it.skip('cfn-lint finds nothing in any template (skipped: needs cfn-lint)', () => undefined);
}

describe('npx cdk synth', () => {
  it('asks nobody: no credentials, no network', { timeout: 180_000 }, async () => {
    const outdir = temporaryFolder();
    const home = temporaryFolder();
    // A port on which nobody listens: whatever is asked fails at once.
    const nowhere = 'http://127.0.0.1:1';
    const settings = ['domainName=pypi.example.com', 'hostedZoneId=Z0123456789ABC', 'prefix=team'];
    const { stderr } = await promisify(execFile)(
      process.execPath,
      [
        join(root, 'node_modules/aws-cdk/bin/cdk'),
        'synth',
        '--all',
        '--quiet',
        '--output',
        outdir,
        // What is built is there already, and other tests are using it.
        '--build',
        'true',
        ...settings.flatMap((setting) => ['-c', setting]),
      ],
      {
        cwd: root,
        timeout: 170_000,
        env: {
          PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
          HOME: home,
          HTTP_PROXY: nowhere,
          HTTPS_PROXY: nowhere,
          http_proxy: nowhere,
          https_proxy: nowhere,
          AWS_EC2_METADATA_DISABLED: 'true',
        },
      },
    );
    expect(stderr).not.toMatch(/error|credential/i);
    const templates = readdirSync(outdir).filter((name) => name.endsWith('.template.json'));
    expect(templates.sort()).toEqual(['Wheelstore.template.json', 'WheelstoreCertificate.template.json']);
    const index = readFileSync(join(outdir, 'Wheelstore.template.json'), 'utf8');
    expect(index).toContain('/team/files/*');
  });

  it(
    'says everything that is wrong with the settings, and no stack of calls',
    { timeout: 60_000 },
    async () => {
      const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
      const context = { priceClass: '7', domain: 'x', DomainName: 'y', logs: 'maybe' };
      const failure = await promisify(execFile)(process.execPath, [tsx, join(root, 'bin/app.ts')], {
        cwd: temporaryFolder(),
        env: { PATH: process.env['PATH'], CDK_CONTEXT_JSON: JSON.stringify(context) },
      }).then(
        () => undefined,
        (error: unknown) => error as { code: number; stderr: string },
      );
      expect(failure?.code).toBe(2);
      for (const name of ['priceClass', 'DomainName', 'logs'])
        expect(failure?.stderr).toContain(`-c ${name}:`);
      expect(failure?.stderr).not.toContain('    at ');
    },
  );
});
