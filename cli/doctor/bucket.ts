import type { LifecycleRule, PublicAccessBlockConfiguration } from '@aws-sdk/client-s3';
import { SETTINGS_KEY } from '../../core/keys.ts';
import { readSettings } from '../../core/project-list.ts';
import type { Store } from '../../core/store.ts';
import type { BucketSettings, Setting } from '../../stores/s3/bucket-settings.ts';
import type { Location } from '../../stores/s3/location.ts';
import {
  failure,
  ok,
  skipped,
  unlessDenied,
  warning,
  type Check,
  type Section,
  type Verdict,
} from './check.ts';
import { policyChecks } from './policy-checks.ts';

/** A bucket to look at. */
export interface BucketPatient {
  readonly settings: BucketSettings;
  readonly store: Store & { probeConditionalWrites(): Promise<void> };
  readonly location: Pick<Location, 'bucket' | 'prefix' | 'url'>;
  /** Whether it is S3 itself, and no other store that speaks its language. */
  readonly isS3Itself: boolean;
  readonly singleWriter: boolean;
  /** Where it is to be, where anybody has said so. */
  readonly region: string | undefined;
}

/** What has to be right with a bucket, whoever has made it. */
export function bucketSection(patient: BucketPatient): Section {
  const { settings, store, location, isS3Itself } = patient;
  let region: string | undefined;
  const ofS3 = isS3Itself ? policyChecks(() => settings.policy(), location) : [];
  return {
    gate: {
      name: 'bucket',
      look: async () => {
        region = await settings.find();
        return ok(`${location.url} is there, and these credentials reach it`);
      },
    },
    checks: [
      {
        name: 'credentials',
        look: async () => ok('they are valid, and are those of someone the bucket knows'),
      },
      { name: 'region', look: async () => judgeRegion(region, patient) },
      { name: 'listing', look: () => judgeListing(settings, location.url) },
      { name: 'settings', look: () => judgeSettings(store) },
      { name: 'conditional-writes', look: () => unlessDenied(() => judgeConditions(patient)) },
      settingCheck('public-access', () => settings.publicAccessBlock(), judgePublicAccess),
      settingCheck('versioning', () => settings.versioning(), judgeVersioning),
      settingCheck('encryption', () => settings.encryption(), judgeEncryption),
      settingCheck(
        'unfinished-uploads',
        () => settings.lifecycle(),
        (rules) => judgeLifecycle(rules, location),
      ),
      ...ofS3,
      {
        name: 'contents',
        look: async () => skipped('not looked at: "wheelstore verify" checks records, pages and files'),
      },
    ],
  };
}

function settingCheck<T>(
  name: string,
  read: () => Promise<Setting<T>>,
  judge: (value: T | undefined) => Verdict,
): Check {
  const look = async (): Promise<Verdict> => {
    const setting = await read();
    if (setting.kind === 'unknown') return skipped('this store does not know the setting');
    return judge(setting.kind === 'set' ? setting.value : undefined);
  };
  return { name, look: () => unlessDenied(look) };
}

function judgeRegion(found: string | undefined, { region, isS3Itself }: BucketPatient): Verdict {
  if (!isS3Itself) return skipped('of no account at an endpoint of one’s own');
  if (found === undefined) return skipped('the bucket does not say where it is');
  if (region === undefined || region === found) return ok(`the bucket is in ${found}`);
  return failure(`the bucket is in ${found}, not in ${region}`, `Pass --region ${found}, or leave it out.`);
}

async function judgeListing(settings: BucketPatient['settings'], url: string): Promise<Verdict> {
  await settings.list();
  if (await settings.saysThatAKeyIsAbsent()) return ok('a missing key is a 404');
  return failure(
    'S3 answers 403 for what is absent, so nothing can be published',
    `Allow s3:GetObject on ${url}/* to these credentials, and s3:ListBucket on the bucket.`,
  );
}

async function judgeSettings(store: Store): Promise<Verdict> {
  const { etag } = await readSettings(store);
  if (etag !== undefined) return ok(`${SETTINGS_KEY} can be read`);
  return ok(`there is no ${SETTINGS_KEY} yet, as before the first quarantine`);
}

async function judgeConditions({ store, isS3Itself, singleWriter }: BucketPatient): Promise<Verdict> {
  if (isS3Itself) return ok('S3 documents that it judges conditional writes; it is not probed');
  if (singleWriter) {
    return warning(
      'not probed: --single-writer promises that nobody else publishes at the same time',
      'Leave --single-writer out where the store judges conditional writes.',
    );
  }
  await store.probeConditionalWrites();
  return ok('the store judges conditional writes');
}

function judgePublicAccess(block: PublicAccessBlockConfiguration | undefined): Verdict {
  const all = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;
  const missing = all.filter((name) => block?.[name] !== true);
  if (missing.length === 0) return ok('public access is blocked');
  return warning(
    `public access is not blocked by the bucket itself (${missing.join(', ')})`,
    'Turn on all of Block Public Access: clients read through CloudFront, never from the bucket.',
  );
}

function judgeVersioning(status: string | undefined): Verdict {
  if (status === 'Enabled') return ok('old versions are kept');
  return warning(
    `versioning is ${status === undefined ? 'off' : 'suspended'}: what is overwritten or deleted by mistake is gone`,
    'Turn on versioning, and have a lifecycle rule expire old versions.',
  );
}

function judgeEncryption(algorithm: string | undefined): Verdict {
  if (algorithm !== undefined) return ok(`objects are encrypted (${algorithm})`);
  return warning('the bucket has no default encryption', 'Turn on default encryption (SSE-S3 or SSE-KMS).');
}

function judgeLifecycle(
  rules: readonly LifecycleRule[] | undefined,
  { prefix }: Pick<Location, 'prefix'>,
): Verdict {
  const days = (rules ?? []).flatMap(({ Status, Prefix, Filter, AbortIncompleteMultipartUpload: abort }) => {
    const covers = `${prefix}files/`.startsWith(Filter?.Prefix ?? Prefix ?? '');
    return Status === 'Enabled' && covers ? (abort?.DaysAfterInitiation ?? []) : [];
  });
  if (days.length > 0) return ok(`unfinished uploads are removed after ${Math.min(...days)} days`);
  return warning(
    'what a killed publisher has left of a large file stays, and is paid for',
    'Add a lifecycle rule with AbortIncompleteMultipartUpload.',
  );
}
