import { FILES_PREFIX, PAGES_PREFIX, RECORDS_PREFIX } from '../../core/keys.ts';
import type { Setting } from '../../stores/s3/bucket-settings.ts';
import { BucketPolicy, type Attempt } from './bucket-policy.ts';
import { failure, ok, skipped, unlessDenied, warning, type Check, type Verdict } from './check.ts';

const DEPLOY = 'Add the statements that lib/repository-bucket.ts makes, or deploy the stack.';

const SECURE = { 'aws:securetransport': 'true', 's3:tlsversion': '1.3' };
const COMMIT = { ...SECURE, 's3:objectcreationoperation': 'true' };
const CREATED = { ...COMMIT, 's3:if-none-match': '*' };
const SWAPPED = { ...COMMIT, 's3:if-match': '"d41d8cd98f00b204e9800998ecf8427e"' };
const PART = { ...SECURE, 's3:objectcreationoperation': 'false' };

/**
 * What the policy of a bucket is to see to. It is read once.
 *
 * @param prefix of the repository; empty, or with a slash at its end
 */
export function policyChecks(
  read: () => Promise<Setting<string>>,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
): Check[] {
  let reading: Promise<Setting<string>> | undefined;
  const check = (name: string, absent: Verdict, judge: (policy: BucketPolicy) => Verdict): Check => ({
    name,
    look: () =>
      unlessDenied(async () => {
        const setting = await (reading ??= read());
        if (setting.kind === 'set') return judge(new BucketPolicy(setting.value));
        return setting.kind === 'absent' ? absent : skipped('this store knows no policies of buckets');
      }),
  });
  const at = (action: string, key: string, keys: Attempt['keys']): Attempt => ({
    action,
    resource: `arn:aws:s3:::${bucket}${key === '' ? '' : `/${prefix}${key}`}`,
    keys,
  });
  const [file, record] = [`${FILES_PREFIX}foo/0/foo.whl`, `${RECORDS_PREFIX}foo.json`];
  const none = 'the bucket has no policy';
  return [
    check('policy-private', ok(`${none}: it lets in nobody`), (policy) => {
      const keys = [file, record, `${PAGES_PREFIX}index.html`];
      const actions = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'];
      const attempts = [
        ...actions.flatMap((action) => keys.map((key) => at(action, key, CREATED))),
        at('s3:ListBucket', '', SECURE),
      ];
      const open = attempts.find((attempt) => policy.allowsEveryone(attempt));
      if (open !== undefined) {
        return failure(
          `the policy allows ${open.action} to everyone`,
          `Remove the statement that allows ${open.action} to "*".`,
        );
      }
      const doubtful = attempts.find((attempt) => policy.mayAllowEveryone(attempt));
      if (doubtful === undefined) return ok('the policy lets in no stranger');
      return warning(
        `the policy allows ${doubtful.action} to everyone under a condition that is not understood here`,
        'Look at it with "aws s3api get-bucket-policy", and name who may instead of "*".',
      );
    }),
    check('policy-tls', warning(`${none} that demands TLS`, DEPLOY), (policy) => {
      const plain = { 'aws:securetransport': 'false' };
      const attempts = [
        at('s3:GetObject', file, plain),
        at('s3:PutObject', record, plain),
        at('s3:ListBucket', '', plain),
      ];
      if (!attempts.every((attempt) => policy.denies(attempt)))
        return warning('the policy does not demand TLS for everything', DEPLOY);
      if (policy.denies(at('s3:GetObject', file, SECURE)))
        return failure('the policy denies reading over TLS as well', DEPLOY);
      return ok('the policy demands TLS');
    }),
    check('policy-conditions', warning(`${none} that demands conditional writes`, DEPLOY), (policy) => {
      const used = [
        at('s3:PutObject', file, CREATED),
        at('s3:PutObject', file, PART),
        at('s3:PutObject', record, CREATED),
        at('s3:PutObject', record, SWAPPED),
      ];
      if (used.some((attempt) => policy.denies(attempt)))
        return failure('the policy denies writes that publishing consists of', DEPLOY);
      const careless = [
        at('s3:PutObject', file, COMMIT),
        at('s3:PutObject', file, SWAPPED),
        at('s3:PutObject', record, COMMIT),
      ];
      if (careless.every((attempt) => policy.denies(attempt)))
        return ok('the policy demands conditions for files and records');
      return warning('the policy lets other programs overwrite files or records', DEPLOY);
    }),
    check('policy-removal', warning(`${none} that protects files from being removed`, DEPLOY), (policy) => {
      const anyone = { ...SECURE, 'aws:principalarn': 'arn:aws:iam::000000000000:user/anyone' };
      return policy.denies(at('s3:DeleteObject', file, anyone))
        ? ok('the policy lets only chosen roles remove files')
        : warning('the policy lets publishers remove files, if their rights allow it', DEPLOY);
    }),
  ];
}
