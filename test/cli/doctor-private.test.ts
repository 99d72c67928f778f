import { afterEach, describe, expect, it } from 'vitest';
import type { Refusal } from '../support/aws-endpoint.ts';
import { isCertificateMissing } from '../support/certificate.ts';
import type { Ending } from '../support/command.ts';
import { giveToken } from '../support/readers.ts';
import { shown } from './examinations.ts';
import { type IndexAnswer, serveStack, type ServedStack } from './served-stacks.ts';
import { privateOutputs, serveStacks } from './stacks.ts';

const stacks = serveStacks();
const { aws } = stacks;

afterEach(() => aws().reset());

const UNAUTHORIZED: IndexAnswer = {
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="Python package index", charset="UTF-8"' },
};

const PAGE: IndexAnswer = {
  status: 200,
  headers: { 'content-type': 'application/vnd.pypi.simple.v1+json' },
};

interface PrivateStack extends ServedStack {
  readonly arn: string;
}

async function privateStack(index = UNAUTHORIZED): Promise<PrivateStack> {
  const outputs = privateOutputs();
  return { ...(await serveStack(stacks, index, outputs)), arn: outputs['TokensStoreArn'] ?? '' };
}

/** What doctor says of one thing, and whether it calls the whole healthy. */
function judged(ending: Ending, name: string) {
  const { checks, healthy } = shown(ending);
  expect(ending.code).toBe(healthy ? 0 : 1);
  return { ...checks.find((check) => check.name === name), healthy };
}

describe.skipIf(isCertificateMissing())('doctor of a private stack (needs openssl)', () => {
  it('says what is well of all of it, and changes nothing', async () => {
    const { stack, env } = await privateStack();
    const token = giveToken(stack.tokens);
    const before = stack.tokens.etag;
    const ending = await stack.run(['doctor', '--json'], { env });
    expect(ending.code).toBe(0);
    const { outcomes, checks } = shown(ending);
    expect(outcomes).toMatchObject({
      stack: 'ok',
      bucket: 'ok',
      distribution: 'ok',
      certificate: 'ok',
      index: 'ok',
      tokens: 'ok',
      hidden: 'ok',
    });
    const messages = checks.map(({ message }) => message).join('\n');
    expect(messages).toContain('asks for a token');
    expect(messages).toContain('the edge knows 1 token, ');
    expect(messages).not.toContain(token);
    expect(stack.tokens.etag).toBe(before);
    expect(aws().asked.filter((operation) => /Key/.test(operation))).toEqual(['DescribeKeyValueStore']);
  });

  it('says that there is no token yet', async () => {
    const { stack, env } = await privateStack();
    const ending = await stack.run(['doctor', '--json'], { env });
    expect(judged(ending, 'tokens')).toMatchObject({
      healthy: true,
      outcome: 'ok',
      message: expect.stringContaining('there is no token yet'),
    });
  });

  it('fails where everyone can read', async () => {
    const { stack, env } = await privateStack(PAGE);
    const ending = await stack.run(['doctor', '--json'], { env });
    expect(judged(ending, 'index')).toMatchObject({
      healthy: false,
      outcome: 'failure',
      message: expect.stringContaining('everyone can read it'),
      fix: expect.stringContaining('deploy the stack again'),
    });
    expect(shown(ending).outcomes).toMatchObject({ tokens: 'ok', certificate: 'ok' });
  });

  it('fails where the store of the tokens is gone', async () => {
    const { stack, env, arn } = await privateStack();
    aws().keyValueStores.delete(arn);
    const ending = await stack.run(['doctor', '--json'], { env });
    expect(judged(ending, 'tokens')).toMatchObject({
      healthy: false,
      outcome: 'failure',
      message: expect.stringContaining(arn),
      fix: expect.stringContaining('deploy the stack again'),
    });
    expect(shown(ending).outcomes).toMatchObject({ index: 'ok' });
  });

  it.each<[what: string, refusal: Omit<Refusal, 'operation'>, outcome: string, text: string]>([
    [
      'warns where it may not look at the store',
      { status: 403, code: 'AccessDeniedException' },
      'warning',
      'cloudfront-keyvaluestore:DescribeKeyValueStore',
    ],
    [
      'fails where the credentials are of a kind that the store does not take',
      { status: 403, code: 'AccessDeniedException', message: 'Authentication failed' },
      'failure',
      'does not accept the AWS credentials',
    ],
    [
      'fails where the store is still being made',
      { status: 409, code: 'ConflictException' },
      'failure',
      'not ready yet',
    ],
  ])('%s', async (_what, refusal, outcome, text) => {
    const { stack, env } = await privateStack();
    aws().refuse({ ...refusal, operation: 'DescribeKeyValueStore' });
    const ending = await stack.run(['doctor', '--json'], { env });
    expect(judged(ending, 'tokens')).toMatchObject({
      healthy: outcome === 'warning',
      outcome,
      message: expect.stringContaining(text),
      fix: expect.stringMatching(/\S/),
    });
  });
});
