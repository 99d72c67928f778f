import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSettings, SETTINGS, SettingsError, type SettingName } from '../../lib/settings.ts';
import type { Settings } from '../support/template.ts';
import { CONFIGURATIONS } from './configurations.ts';

const NAMES = Object.keys(SETTINGS) as SettingName[];

const parse = (settings: Settings, region?: string): ReturnType<typeof parseSettings> =>
  parseSettings((name) => settings[name], {
    names: Object.keys(settings),
    ...(region === undefined ? {} : { region }),
  });

/** The names of the settings that are refused, with what is said of each. */
function problemsOf(settings: Settings | Record<string, unknown>, region?: string): [string, string][] {
  try {
    parse(settings as Settings, region);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems.map(({ name, problem }) => [name, problem]);
    throw error;
  }
  return [];
}

const refused = (settings: Settings | Record<string, unknown>, region?: string): string[] =>
  problemsOf(settings, region).map(([name]) => name);

describe('the settings of a stack', () => {
  it('are safe and cheap where nothing is said', () => {
    expect(parse({})).toEqual({
      stackName: 'Wheelstore',
      access: 'private',
      prefix: '',
      priceClass: '100',
      pageTtlSeconds: 0,
      githubRepositories: [],
      logs: false,
      removalPolicy: 'retain',
    });
  });

  it.each(CONFIGURATIONS)('can be $title', ({ settings }) => {
    expect(problemsOf(settings, 'us-east-1')).toEqual([]);
  });

  it.each(NAMES)('take the example of %s in the documentation', (name) => {
    const example = SETTINGS[name].example;
    const around: Settings = ['hostedZoneId', 'hostedZoneName', 'certificateArn'].includes(name)
      ? { domainName: 'pypi.example.com', hostedZoneId: 'Z0123456789ABC' }
      : name === 'domainName'
        ? { hostedZoneId: 'Z0123456789ABC' }
        : {};
    const parsed = JSON.stringify(parse({ ...around, [name]: example }));
    for (const part of example.split(',')) expect(parsed).toContain(part);
  });

  it.each([
    ['a host with capitals', { domainName: 'PyPI.example.com', hostedZoneId: 'Z1' }, ['domainName']],
    ['a domain alone', { domainName: 'pypi.example.com' }, ['domainName']],
    [
      'a certificate of another region',
      {
        domainName: 'a.example.com',
        certificateArn: SETTINGS.certificateArn.example.replace('us-east-1', 'eu-west-1'),
      },
      ['certificateArn'],
    ],
    [
      'a certificate without a domain',
      { certificateArn: SETTINGS.certificateArn.example },
      ['certificateArn'],
    ],
    [
      'a zone without a domain',
      { hostedZoneId: 'Z1', hostedZoneName: 'example.com' },
      ['hostedZoneId', 'hostedZoneName'],
    ],
    [
      'the name of a zone alone',
      {
        domainName: 'a.example.com',
        certificateArn: SETTINGS.certificateArn.example,
        hostedZoneName: 'example.com',
      },
      ['hostedZoneName'],
    ],
    [
      'a zone of somebody else',
      { domainName: 'a.example.com', hostedZoneId: 'Z1', hostedZoneName: 'ample.com' },
      ['hostedZoneName'],
    ],
    ['a prefix that leads upwards', { prefix: '../other' }, ['prefix']],
    ['a prefix with a wildcard', { prefix: 'team*' }, ['prefix']],
    ['a prefix that is longer than CloudFront takes', { prefix: 'a/'.repeat(150) }, ['prefix']],
    ['a time that is none', { pageTtlSeconds: '1e3' }, ['pageTtlSeconds']],
    ['a time that is too long', { pageTtlSeconds: 86_401 }, ['pageTtlSeconds']],
    ['every repository of an owner', { githubRepositories: 'org/*' }, ['githubRepositories']],
    ['any environment', { githubRepositories: 'org/repo:*' }, ['githubRepositories']],
    [
      'a subject instead of a repository',
      { githubRepositories: 'org/repo:ref:refs/heads/main' },
      ['githubRepositories'],
    ],
    ['an owner alone', { githubRepositories: 'org' }, ['githubRepositories']],
    ['a text that is neither yes nor no', { logs: 'maybe' }, ['logs']],
    ['an access that is neither private nor public', { access: 'secret' }, ['access']],
    [
      'a regional web ACL',
      { webAclArn: SETTINGS.webAclArn.example.replace('global', 'regional') },
      ['webAclArn'],
    ],
    ['an alias of a key', { kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:alias/index' }, ['kmsKeyArn']],
    ['an object', { prefix: { name: 'team' } }, ['prefix']],
    ['a list of objects', { githubRepositories: [{ name: 'org/repo' }] }, ['githubRepositories']],
  ] as [string, Settings, string[]][])('refuse %s', (_title, settings, names) => {
    expect(refused(settings)).toEqual(names);
  });

  it('refuse what is in another region than the stack', () => {
    const { kmsKeyArn, alarmTopicArn } = SETTINGS;
    const settings = { kmsKeyArn: kmsKeyArn.example, alarmTopicArn: alarmTopicArn.example };
    expect(refused(settings, 'eu-west-1')).toEqual(['kmsKeyArn', 'alarmTopicArn']);
    expect(refused(settings, 'us-east-1')).toEqual([]);
  });

  it.each([
    ['domainname', 'domainName'],
    ['domain-name', 'domainName'],
    ['prefx', 'prefix'],
    ['githubRepository', undefined],
    ['webAclARN', 'webAclArn'],
    ['log', 'logs'],
    ['priceClas', 'priceClass'],
    ['@aws-cdk/core:something', undefined],
  ])('see what %s was meant to be', (name, meant) => {
    const problems = problemsOf({ [name]: 'x' });
    expect(problems.map(([refusedName]) => refusedName)).toEqual(meant === undefined ? [] : [name]);
    if (meant !== undefined) expect(problems[0]?.[1]).toContain(`-c ${meant}=`);
  });

  it('know the repositories by their numbers too, each once', () => {
    const { githubRepositories } = parse({
      githubRepositories: 'org@12/repo@34, org/repo:release,org@12/repo@34,',
    });
    expect(githubRepositories).toEqual(['org@12/repo@34', 'org/repo:release']);
    expect(parse({ githubRepositories: ['org/one', 'org/two'] }).githubRepositories).toEqual([
      'org/one',
      'org/two',
    ]);
  });

  it.each([
    ['a.b.example.com', 'b.example.com'],
    ['example.com', 'example.com'],
  ])('take %s to be of the zone %s', (domainName, zone) => {
    expect(parse({ domainName, hostedZoneId: 'Z1' }).hostedZone).toEqual({ id: 'Z1', name: zone });
  });

  it('make one prefix of all ways to write it', () => {
    for (const prefix of ['team/packages', '/team/packages/', 'team//packages']) {
      expect(parse({ prefix }).prefix).toBe('team/packages/');
    }
  });
});

describe('a report', () => {
  const WRONG = {
    stackName: '1',
    domainName: 'no host',
    prefix: '..',
    access: 'x',
    priceClass: '300',
    pageTtlSeconds: '-1',
    githubRepositories: 'x',
    githubProviderArn: 'x',
    logs: 'x',
    webAclArn: 'x',
    kmsKeyArn: 'x',
    alarmTopicArn: 'x',
    removalPolicy: 'x',
  } as const satisfies Settings;
  const wrong = Object.keys(WRONG) as (keyof typeof WRONG)[];

  it('has every problem at once, whichever there are', () => {
    fc.assert(
      fc.property(fc.subarray(wrong), (names) => {
        const settings = Object.fromEntries(names.map((name) => [name, WRONG[name]]));
        // A domain can be wrong in itself, and want a zone as well.
        expect([...new Set(refused(settings))].sort()).toEqual([...names].sort());
      }),
    );
  });

  it('is one line for each, after a first one', () => {
    const lines = ((): string[] => {
      try {
        parse(WRONG);
        return [];
      } catch (error) {
        return (error as Error).message.split('\n');
      }
    })();
    const names = lines.slice(1).map((line) => /^ {2}-c (\w+): \S/.exec(line)?.[1]);
    expect([...new Set(names)].sort()).toEqual([...wrong].sort());
  });

  it('is all that is ever thrown, whatever is given', () => {
    const like = fc.constantFrom(...NAMES.map((name): unknown => SETTINGS[name].example));
    const value = fc.oneof(fc.anything({ withNullPrototype: true }), fc.string(), like);
    const settings = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), value);
    fc.assert(
      fc.property(settings, (given) => {
        const problems = problemsOf(given, 'us-east-1');
        for (const [name, problem] of problems)
          expect([name, problem].every((text) => text !== '')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the documentation', () => {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

  it('has the table of settings as it is here', () => {
    const rows = NAMES.map(
      (name) => `| \`${name}\` | ${SETTINGS[name].what} | \`${SETTINGS[name].example}\` |`,
    );
    for (const row of rows) expect(text).toContain(row);
    const documented = [...text.matchAll(/^\| `([A-Za-z]+)` \| .* \| `.*` \|$/gm)].map(([, name]) => name);
    expect(documented).toEqual(NAMES);
  });
});
