import { describe, expect, it } from 'vitest';
import { argumentsFor, parsePutArguments } from '../../stores/s3/put-arguments.ts';
import { thrownBy } from '../core/thrown.ts';

describe('--s3-put-args', () => {
  it.each([
    [
      'ServerSideEncryption=aws:kms,SSEKMSKeyId=1234',
      { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: '1234' },
    ],
    ['Tagging=team=a&stage=b, ACL=private', { Tagging: 'team=a&stage=b', ACL: 'private' }],
    // C19: a traceback in s3pypi.
    [
      'CacheControl=public, max-age=60,StorageClass=STANDARD_IA',
      { CacheControl: 'public, max-age=60', StorageClass: 'STANDARD_IA' },
    ],
    ['BucketKeyEnabled=true', { BucketKeyEnabled: true }],
    ['BucketKeyEnabled=false', { BucketKeyEnabled: false }],
    ['Expires=2030-01-31T00:00:00Z', { Expires: new Date('2030-01-31T00:00:00Z') }],
    ['Expires=Thu, 31 Jan 2030 00:00:00 GMT', { Expires: new Date('2030-01-31T00:00:00Z') }],
  ])('reads %j', (text, expected) => {
    expect(parsePutArguments(text)).toEqual(expected);
  });

  it.each([
    ['storageclass=STANDARD', 'StorageClass'],
    ['Nonsense=1', 'ServerSideEncryption'],
    ['Metadata=a', 'leave it out'],
    ['IfNoneMatch=x', 'leave it out'],
    ['ContentEncoding=gzip', 'leave it out'],
    ['ChecksumSHA256=x', 'leave it out'],
    ['SSECustomerKey=x', 'aws:kms'],
    ['ServerSideEncryption=aes', 'AES256'],
    ['StorageClass=GLACIER', 'GLACIER_IR'],
    ['BucketKeyEnabled=yes', 'true, false'],
    ['Expires=soon', '2030'],
    ['ACL', 'ACL=value'],
    ['ACL=', 'ACL=value'],
    ['ACL=private,ACL=private', 'once'],
    ['', 'ServerSideEncryption'],
    ['__proto__=1', 'ServerSideEncryption'],
    ['ContentType=a\nb', 'one line'],
  ])('refuses %j, and says what to write', (text, fix) => {
    const error = thrownBy(() => parsePutArguments(text));
    expect(error.code).toBe('usage');
    expect(error.fix).toContain(fix);
  });

  it('can come as a table, whose values hold what they like', () => {
    const table = { CacheControl: 'public, Expires=never', BucketKeyEnabled: 'true' };
    expect(parsePutArguments(table)).toEqual({
      CacheControl: 'public, Expires=never',
      BucketKeyEnabled: true,
    });
    const error = thrownBy(() => parsePutArguments({ Nonsense: '1' }));
    expect(error).toMatchObject({ code: 'usage', value: 'Nonsense' });
  });

  it('are for distributions, for all files, or for everything', () => {
    const given = parsePutArguments(
      'ServerSideEncryption=AES256,CacheControl=no-store,ContentType=application/x-zip,StorageClass=STANDARD_IA',
    );
    expect(argumentsFor(given, 'distribution')).toEqual(given);
    expect(argumentsFor(given, 'file')).toEqual({ ServerSideEncryption: 'AES256', CacheControl: 'no-store' });
    expect(argumentsFor(given, 'mutable')).toEqual({ ServerSideEncryption: 'AES256' });
  });
});
