import { quote, WheelstoreError, type ErrorCode } from '../../core/errors.ts';
import { shownUrl } from '../../core/import/pages/page.ts';
import { systemCode } from '../failures.ts';
import { PASSWORD_VARIABLE, USERNAME_VARIABLE } from './credentials.ts';

/** An answer that is no success. It never leaves the client: `describeHttpFailure` makes a sentence of it. */
export class StatusFailure extends Error {
  readonly status: number;
  /** The pause that the server asks for, in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(status: number, retryAfter?: number) {
    super(`status ${status}`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** What was asked when something failed. */
export interface AskedUrl {
  readonly url: URL;
  /** Whether this is the host that credentials are for. */
  readonly isSource: boolean;
  readonly hasCredentials: boolean;
  readonly attempt: number;
}

interface Sentence {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fix: string;
}

const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
const PASSING =
  /^(?:ECONN(?:RESET|REFUSED|ABORTED)|ETIMEDOUT|EPIPE|EAI_AGAIN|EHOST(?:UNREACH|DOWN)|ENET(?:UNREACH|DOWN|RESET)|ERR_STREAM_PREMATURE_CLOSE)$/;

/** Whether the same request may succeed in a moment. */
export function isPassing(error: unknown): boolean {
  if (error instanceof StatusFailure) return PASSING_STATUS.has(error.status);
  return !(error instanceof WheelstoreError) && PASSING.test(systemCode(error) ?? '');
}

/**
 * The sentence for a request that failed. What is no failure of a request is given back as it is. There is
 * nothing in it that was sent: no header, no credentials, no query.
 */
export function describeHttpFailure(error: unknown, asked: AskedUrl): unknown {
  if (error instanceof WheelstoreError) return error;
  const shown = shownUrl(asked.url);
  const sentence =
    error instanceof StatusFailure
      ? statusSentence(error, asked, quote(shown, 300))
      : connectionSentence(systemCode(error), asked);
  if (sentence === undefined) return error;
  const { code, message, fix } = sentence;
  return new WheelstoreError(code, message, { value: shown, fix, cause: error });
}

const HOW_TO_GIVE = `Put them into the URL (https://USER:PASSWORD@...), set ${USERNAME_VARIABLE} and ${PASSWORD_VARIABLE}, or write them into ~/.netrc.`;

function statusSentence({ status }: StatusFailure, asked: AskedUrl, shown: string): Sentence {
  const { isSource, hasCredentials, attempt } = asked;
  if (status === 401 && isSource && !hasCredentials) {
    return { code: 'no-credentials', message: `${shown} asks for credentials (401)`, fix: HOW_TO_GIVE };
  }
  if (status === 401 || status === 403) {
    const what = isSource && hasCredentials ? 'does not accept the credentials' : 'denies access';
    return {
      code: 'access-denied',
      message: `${shown} ${what} (${status})`,
      fix: isSource
        ? `Check the credentials, and what they allow. ${HOW_TO_GIVE}`
        : 'Credentials are sent to the index alone, and this is another host. Find out why it asks for some.',
    };
  }
  if (status === 404 || status === 410) {
    return {
      code: 'not-found',
      message: `There is no ${shown} (${status})`,
      fix: 'Check the URL of the index.',
    };
  }
  const tries = attempt > 1 ? `, also at attempt ${attempt}` : '';
  return {
    code: 'source-failed',
    message: `${shown} failed with status ${status}${tries}`,
    fix: 'Run the same command again later: it goes on where it was.',
  };
}

const CERTIFICATE = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;
const NO_TLS = /^(?:ERR_SSL_|EPROTO)/;
const NO_NAME = /^(?:ENOTFOUND|EAI_)/;
const NO_HTTP = /^HPE_/;

function connectionSentence(code: string | undefined, { url, attempt }: AskedUrl): Sentence | undefined {
  if (code === undefined) return undefined;
  const host = quote(url.host);
  const sentence = (message: string, fix: string): Sentence => ({ code: 'unreachable', message, fix });
  if (CERTIFICATE.test(code)) {
    return sentence(
      `The certificate of ${host} cannot be trusted (${code})`,
      'Check the URL; a certificate authority of your own can be named in NODE_EXTRA_CA_CERTS.',
    );
  }
  if (NO_TLS.test(code)) {
    return sentence(
      `${host} does not speak TLS there (${code})`,
      'Check the port, or use http:// where that is meant.',
    );
  }
  if (NO_NAME.test(code)) {
    return sentence(
      `The name ${quote(url.hostname)} cannot be resolved (${code})`,
      'Check the URL, and the DNS of this machine.',
    );
  }
  if (NO_HTTP.test(code)) {
    return sentence(`${host} answers with what is not HTTP (${code})`, 'Check the port of the URL.');
  }
  if (!PASSING.test(code)) return undefined;
  const tries = attempt > 1 ? `, also at attempt ${attempt}` : '';
  return sentence(
    `The connection to ${host} failed (${code})${tries}`,
    'Check the network (proxies of HTTPS_PROXY are not used), then run the same command again: it goes on where it was.',
  );
}
