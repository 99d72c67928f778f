import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorAnswer, sendAnswer, sendTruncated, type Answer } from './answer.ts';
import { authenticate } from './authentication.ts';
import { Call } from './call.ts';
import { accessDenied, S3Error } from './errors.ts';
import { strike, type Fault, type Faults, type Interruption } from './faults.ts';
import type { OperationLog } from './operation-log.ts';
import { operationOf, perform, type OperationName } from './operations.ts';
import { readRequest, type S3Request } from './request.ts';
import type { Service } from './service.ts';

/** What serves all requests. */
export interface Surroundings {
  readonly service: Service;
  readonly faults: Faults;
  readonly log: OperationLog;
  /** In milliseconds, of each request: half before its effect and half after it. */
  readonly latency: number;
  /** Told of errors that are the server's own, and no refusals. */
  readonly onDefect: (error: unknown) => void;
}

const HANGING_UP = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

/** Whether an error says that the client is gone. It has no use for an answer, and nobody is to blame. */
function isHangingUp(error: unknown): boolean {
  return error instanceof Error && 'code' in error && HANGING_UP.has(String(error.code));
}

/** One request and its answer, with all that may go wrong between them. */
export class Exchange {
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #surroundings: Surroundings;
  readonly #id: string;
  #request: S3Request | undefined;
  #operation: OperationName | undefined;

  constructor(incoming: IncomingMessage, response: ServerResponse, surroundings: Surroundings, id: string) {
    this.#incoming = incoming;
    this.#response = response;
    this.#surroundings = surroundings;
    this.#id = id;
  }

  async run(): Promise<void> {
    const { log, latency } = this.#surroundings;
    log.enter();
    try {
      if (latency > 0) await sleep(latency / 2);
      const unreadable = this.#read();
      const target = { bucket: this.#request?.bucket, key: this.#request?.key ?? '' };
      const fault = this.#operation && this.#surroundings.faults.next(this.#operation, target);
      const outcome = await this.#outcome(fault, unreadable);
      if (latency > 0) await sleep(latency / 2);
      await this.#finish(outcome, fault);
    } finally {
      log.leave();
    }
  }

  /** @returns why it cannot be understood, if it cannot */
  #read(): S3Error | undefined {
    try {
      this.#request = readRequest(this.#incoming);
      this.#operation = operationOf(this.#request);
      return undefined;
    } catch (error) {
      return this.#refusal(error);
    }
  }

  async #outcome(fault: Fault | undefined, unreadable: S3Error | undefined): Promise<Answer | Interruption> {
    if (unreadable !== undefined) return unreadable;
    const before = await strike(fault, 'before');
    if (before !== undefined) return before;
    const answer = await this.#serve();
    return (await strike(fault, 'after')) ?? answer;
  }

  async #serve(): Promise<Answer | S3Error> {
    if (this.#request === undefined || this.#operation === undefined) throw new Error('Nothing to serve');
    try {
      const { service } = this.#surroundings;
      const { credentials, region, allowAnonymous, now } = service.settings;
      const signing = authenticate(this.#request, { credentials, region, now: now() });
      if (signing === undefined && !allowAnonymous) throw accessDenied('Access Denied');
      return await perform(this.#operation, new Call(this.#request, service, signing));
    } catch (error) {
      return this.#refusal(error);
    }
  }

  #refusal(error: unknown): S3Error {
    if (error instanceof S3Error) return error;
    if (!isHangingUp(error)) this.#surroundings.onDefect(error);
    return new S3Error(500, 'InternalError', String(error));
  }

  async #finish(outcome: Answer | Interruption, fault: Fault | undefined): Promise<void> {
    if (outcome === 'reset') {
      this.#log(undefined);
      this.#incoming.socket.resetAndDestroy();
      return;
    }
    // An answer in the middle of a body would make some clients fail at sending, and never read it.
    await this.#drain();
    if (outcome === 'silence') {
      this.#log(undefined);
      return;
    }
    const answer = outcome instanceof S3Error ? errorAnswer(outcome, this.#id) : outcome;
    this.#log(answer.status);
    this.#response.setHeader('date', this.#surroundings.service.settings.now().toUTCString());
    this.#response.setHeader('x-amz-request-id', this.#id);
    this.#response.setHeader('server', 'AmazonS3');
    try {
      if (fault?.kind === 'truncate') await sendTruncated(this.#response, answer, fault.bytes);
      else await sendAnswer(this.#response, answer, this.#incoming.method !== 'HEAD');
    } catch (error) {
      if (!isHangingUp(error)) this.#surroundings.onDefect(error);
    }
  }

  async #drain(): Promise<void> {
    try {
      for await (const _ of this.#incoming.iterator({ destroyOnReturn: false }));
    } catch {
      // The client is gone; sending will show it.
    }
  }

  #log(status: number | undefined): void {
    this.#surroundings.log.add({
      operation: this.#operation,
      method: this.#incoming.method ?? '',
      bucket: this.#request?.bucket,
      key: this.#request?.key,
      query: Object.fromEntries(this.#request?.query ?? []),
      headers: Object.fromEntries(this.#request?.headers ?? []),
      status,
    });
  }
}
