import { describe, expect, it } from 'vitest';
import { hashOfToken } from '../../core/access/token.ts';
import { grantKey } from '../../core/edge/access.ts';
import { NO_ANSWER } from '../support/aws-endpoint.ts';
import { startWheelstore } from '../support/command.ts';
import { expectExplanation, expectRefusal, jsonOf } from './outcomes.ts';
import { privateOutputs, serveStacks } from './stacks.ts';
import { tokenIn } from './tokens/printed.ts';

const { aws, server, newStack } = serveStacks();

describe('The tokens of a stack', () => {
  it('are where the edge looks them up, and nowhere else', async () => {
    const { run, tokens, bucket, invalidated } = await newStack(privateOutputs());
    const created = await run(['token', 'create', 'ci', '--expires', '90d', '--project', 'acme-*']);
    const token = tokenIn(created);
    expect(created.stderr).toContain("CloudFront's edge locations know of it within seconds.");
    expect(created.stderr).toMatch(/^Next: {2}wheelstore client-config pip --token TOKEN --stack \S+ /m);
    const key = grantKey(hashOfToken(token));
    expect(tokens.entries().map(([name]) => name)).toEqual([key]);
    expect(JSON.parse(tokens.get(key) ?? '')).toMatchObject({ name: 'ci', projects: ['acme-*'] });
    expect(server().keys(bucket)).toEqual([]);

    const rotated = tokenIn(await run(['token', 'rotate', 'ci', '--grace', '1d']));
    expect(jsonOf(await run(['token', 'list', '--json']))).toMatchObject({
      tokens: [
        { name: 'ci', status: 'active' },
        { name: 'ci', status: 'replaced' },
      ],
    });
    expect([key, grantKey(hashOfToken(rotated))].every((name) => tokens.exists(name))).toBe(true);

    const revoked = await run(['token', 'revoke', 'ci']);
    expect(revoked.stdout).toBe('ci: revoked, with 1 token that it had replaced\n');
    expect(revoked.stderr).toContain("CloudFront's edge locations follow within seconds.");
    expect(tokens.entries()).toEqual([]);
    expect(invalidated()).toEqual([]);
  });

  it('are told of by -v, without what is secret', async () => {
    const { run } = await newStack(privateOutputs());
    const ending = await run(['token', 'create', 'ci', '-v']);
    const token = tokenIn(ending);
    expect(ending.stderr).toMatch(/^tokens: key-value store [0-9a-f-]{36}$/m);
    expect(ending.stderr).toMatch(/^read tokens: 0 found, \d+\.\d ms$/m);
    expect(ending.stderr).toMatch(/^write tokens \(1 to put, 0 to remove\): written, \d+\.\d ms$/m);
    for (const secret of [token.slice(4), hashOfToken(token)]) expect(ending.stderr).not.toContain(secret);
  });

  it.each([['Pre-Condition failed'], ['ConflictException']] as const)(
    'all survive where ten processes make them at once, and CloudFront says %s',
    async (wording) => {
      aws().staleVersion = wording;
      const { run, tokens } = await newStack(privateOutputs());
      const names = Array.from({ length: 10 }, (_, number) => `ci-${number}`);
      const endings = await Promise.all(names.map((name) => run(['token', 'create', name])));
      aws().staleVersion = 'Pre-Condition failed';
      const keys = endings.map((ending) => grantKey(hashOfToken(tokenIn(ending))));
      expect(tokens.entries().map(([key]) => key)).toEqual(keys.sort());
    },
  );

  it('are printed only where they are kept, when the answer is lost', async () => {
    const { run, tokens } = await newStack(privateOutputs());
    for (const status of [NO_ANSWER, 500]) {
      aws().refuse({
        operation: 'UpdateKeys',
        status,
        code: 'InternalServerException',
        isDone: true,
        times: 1,
      });
      const token = tokenIn(await run(['token', 'create', `ci-${status}`]));
      expect(tokens.exists(grantKey(hashOfToken(token)))).toBe(true);
    }
  });

  it.each([
    ['DescribeKeyValueStore', 403, 'AccessDeniedException', 'cloudfront-keyvaluestore:DescribeKeyValueStore'],
    ['ListKeys', 403, 'AccessDeniedException', 'cloudfront-keyvaluestore:ListKeys'],
    ['UpdateKeys', 403, 'AccessDeniedException', 'cloudfront-keyvaluestore:UpdateKeys'],
    ['UpdateKeys', 402, 'ServiceQuotaExceededException', 'Revoke tokens'],
    ['DescribeKeyValueStore', 404, 'ResourceNotFoundException', 'There is no key-value store'],
    ['DescribeKeyValueStore', 403, 'UnrecognizedClientException', 'regional endpoint of STS'],
  ])('are left as they are where %s is refused with %d %s', async (operation, status, code, text) => {
    const { run, tokens } = await newStack(privateOutputs());
    tokenIn(await run(['token', 'create', 'old']));
    const before = tokens.entries();
    for (const words of [
      ['create', 'new'],
      ['rotate', 'old'],
      ['revoke', 'old'],
    ]) {
      aws().refuse({ operation, status, code, times: 1 });
      expectRefusal(await run(['token', ...words]), 1, text);
    }
    expect(tokens.entries()).toEqual(before);
  });

  it('are not written after Ctrl-C', async () => {
    const { name, env, tokens } = await newStack(privateOutputs());
    let open: () => void = () => undefined;
    aws().gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const running = startWheelstore(['token', 'create', 'ci', '--stack', name, '-v'], { env });
    await running.printed(/^tokens: key-value store/m);
    running.child.kill('SIGINT');
    await running.printed(/Stopping after this step/);
    open();
    const ending = await running.ended;
    expect(ending).toMatchObject({ code: 130, stdout: '' });
    expectExplanation(ending, 'Interrupted before everything was done');
    expect(tokens.entries()).toEqual([]);
  });

  it('are not there where everyone may read', async () => {
    for (const outputs of [{ Access: 'public' }, {}]) {
      const { run, name } = await newStack(outputs as Record<string, string>);
      for (const words of [['create', 'ci'], ['list'], ['rotate', 'ci'], ['revoke', 'ci']]) {
        expectRefusal(await run(['token', ...words]), 1, `"${name}"`, '-c access=private');
      }
    }
  });

  it('are not found in a stack that is none', async () => {
    const { env } = await newStack(privateOutputs());
    const running = startWheelstore(['token', 'list', '--stack', 'Nowhere'], { env });
    expectRefusal(await running.ended, 1, '"Nowhere"');
  });
});
