import { quote } from '../../core/errors.ts';
import type { KeyValueStoreState } from '../../stores/aws/key-value-store-state.ts';
import { count } from '../terminal.ts';
import { failure, ok, warning, type Verdict } from './check.ts';
import type { HttpAnswer } from './outside.ts';

/** The quota of CloudFront, in bytes. */
const LARGEST_STORE = 5 * 1024 * 1024;

/** From this share on, somebody should think of what to revoke. */
const NEARLY_FULL = 0.9;

/** Whether the edge can look tokens up, and whether there is room for more. */
export function judgeTokenStore({ status, reason, items, size }: KeyValueStoreState): Verdict {
  if (status === 'PROVISIONING') {
    return warning(
      'the key-value store of the tokens is being made',
      'Wait for some minutes, then look again.',
    );
  }
  if (status !== 'READY') {
    const why = reason === '' ? '' : `: ${quote(reason, 300)}`;
    return failure(
      `the key-value store of the tokens is ${quote(status)}${why}`,
      'Deploy the stack again, after "cdk diff" has shown what was changed by hand.',
    );
  }
  if (items === 0) return ok('the key-value store of the tokens is ready; there is no token yet');
  const share = `${Math.ceil((100 * size) / LARGEST_STORE)}% of what it can hold`;
  if (size < NEARLY_FULL * LARGEST_STORE) return ok(`the edge knows ${count(items, 'token')}, ${share}`);
  return warning(
    `the key-value store has ${count(items, 'token')}, ${share}`,
    'Revoke tokens that nobody needs: "wheelstore token list" shows which have expired.',
  );
}

/** What the index of a private stack says to somebody without a token. */
export function judgeStranger(url: string, { status, challenge, via }: HttpAnswer): Verdict {
  const answer = `${url} answers ${status} to a request without a token`;
  if (status === 200) {
    return failure(
      `${answer}: everyone can read it`,
      'The edge function does not ask for tokens: deploy the stack again, after "cdk diff" has shown what was changed by hand.',
    );
  }
  if (status === 403) {
    return failure(
      `${answer}: a web ACL refuses this machine, or the edge function does not run and the bucket refuses`,
      'Look at the web ACL of the distribution; without one, deploy the stack again.',
    );
  }
  if (status === 404) {
    return failure(
      `${answer}: the request went past the edge function, and everyone could read`,
      'Deploy the stack again, after "cdk diff" has shown what was changed by hand.',
    );
  }
  if (status === 503) {
    return failure(
      `${answer}: the edge function fails`,
      'Look at its metrics in the console of CloudFront, and deploy the stack again.',
    );
  }
  if (status !== 401) {
    return failure(answer, 'Look at the distribution, and at who answers: it may not be CloudFront.');
  }
  if (!/^basic\b/i.test(challenge)) {
    return failure(
      `${answer}, and not how to send one (${quote(challenge)})`,
      'Look at who answers: it may not be the edge function. Clients send a token where they are asked for one.',
    );
  }
  if (!via.includes('CloudFront')) {
    return warning(
      `${answer}, and does not say that it comes from CloudFront`,
      'Check where the name leads, and whether a proxy of this network is in between.',
    );
  }
  return ok(`${url} asks for a token`);
}
