import { SETTINGS, type SettingName } from '../../lib/settings.ts';
import type { Settings } from '../support/template.ts';

const example = (name: SettingName): string => SETTINGS[name].example;

const domainName = example('domainName');
const hostedZoneId = example('hostedZoneId');
const certificateArn = example('certificateArn');

const EVERYTHING: Settings = {
  ...Object.fromEntries(Object.entries(SETTINGS).map(([name, help]) => [name, help.example])),
  hostedZoneName: 'example.com',
  certificateArn: undefined,
  githubProviderArn: undefined,
  stackName: 'A'.repeat(100),
};

/** What the settings can come to: each of them at least once. */
export const CONFIGURATIONS: readonly { readonly title: string; readonly settings: Settings }[] = [
  { title: 'nothing at all', settings: {} },
  { title: 'an index that everyone may read', settings: { access: 'public' } },
  { title: 'a domain with its zone', settings: { domainName, hostedZoneId } },
  {
    title: 'a domain that is its zone',
    settings: { domainName: 'example.com', hostedZoneId, hostedZoneName: 'example.com' },
  },
  { title: 'a domain with a certificate of its own', settings: { domainName, certificateArn } },
  {
    title: 'a domain with a certificate of its own and a zone',
    settings: { domainName, certificateArn, hostedZoneId },
  },
  { title: 'a KMS key', settings: { kmsKeyArn: example('kmsKeyArn') } },
  { title: 'logs', settings: { logs: true } },
  { title: 'pages that are kept at the edge', settings: { pageTtlSeconds: 300 } },
  { title: 'a prefix', settings: { prefix: 'team/packages' } },
  {
    title: 'GitHub repositories, with a provider that is there',
    settings: {
      githubRepositories: example('githubRepositories'),
      githubProviderArn: example('githubProviderArn'),
    },
  },
  {
    title: 'everything',
    settings: EVERYTHING,
  },
  { title: 'everything, for those with a token', settings: { ...EVERYTHING, access: 'private' } },
];
