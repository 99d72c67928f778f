import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/temporary.ts';
import type { serveStacks, TestStack } from './stacks.ts';

/** What the index answers to whoever asks without a token. */
export interface IndexAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A stack whose distribution is a server on this machine, and the variables that have commands trust it. */
export interface ServedStack {
  readonly stack: TestStack;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Makes a stack whose distribution is a server on this machine, for the test that runs.
 *
 * @param index what `/simple/` answers; all else is not there
 * @param outputs besides those that every stack has
 */
export async function serveStack(
  { aws, newStack }: Pick<ReturnType<typeof serveStacks>, 'aws' | 'newStack'>,
  index: IndexAnswer,
  outputs: Readonly<Record<string, string>> = {},
): Promise<ServedStack> {
  const { cert, key, certPath: path } = makeCertificate(temporaryFolder(), 'DNS:localhost,IP:127.0.0.1', 90);
  const missing: IndexAnswer = { status: 404, headers: { 'content-type': 'text/plain' } };
  const edge = createServer({ cert, key }, (request, response) => {
    const { status, headers } = request.url === '/simple/' ? index : missing;
    response.writeHead(status, { via: '1.1 test (CloudFront)', ...headers }).end();
  });
  await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    edge.closeAllConnections();
    edge.close();
  });
  const { port } = edge.address() as AddressInfo;
  const stack = await newStack({
    IndexUrl: `https://localhost:${port}/simple/`,
    DistributionDomain: '127.0.0.1',
    Prefix: 'team/',
    ...outputs,
  });
  const made = aws().distributions.get(stack.distribution);
  if (made === undefined) throw new Error('The stack has no distribution');
  aws().distributions.set(stack.distribution, { ...made, domain: '127.0.0.1', aliases: ['localhost'] });
  return { stack, env: { NODE_EXTRA_CA_CERTS: path } };
}
