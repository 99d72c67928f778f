import { randomUUID } from 'node:crypto';
import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
} from '@aws-sdk/client-cloudfront';
import { WheelstoreError } from '../../core/errors.ts';
import { answerOf } from '../s3/answers.ts';
import { clientSettings, type AwsAccess } from './connect.ts';
import { describeAwsFailure } from './failures.ts';

/** The one thing that is needed of the SDK's client. */
export type CloudFrontSender = Pick<CloudFrontClient, 'send'>;

/** Resolves after about so many milliseconds; rejects when the person wants to stop. */
export type Wait = (milliseconds: number) => Promise<void>;

/** CloudFront works on few invalidations at a time; others take a minute or so to end. */
const MOST_ATTEMPTS = 8;
/** In milliseconds. */
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 30_000;

/** In milliseconds. */
const POLL_INTERVAL = 2_000;
/** Ten minutes; an invalidation takes seconds, seldom two minutes. */
const MOST_POLLS = 300;

export function connectCloudFront(access: AwsAccess): CloudFrontClient {
  // It has one endpoint for all the world.
  return new CloudFrontClient({ ...clientSettings(access), region: 'us-east-1' });
}

/** What CloudFront keeps at its edge locations of one distribution. */
export class EdgeCaches {
  readonly #client: CloudFrontSender;
  readonly #distribution: string;
  readonly #wait: Wait;

  constructor(client: CloudFrontSender, distribution: string, wait: Wait) {
    this.#client = client;
    this.#distribution = distribution;
    this.#wait = wait;
  }

  /**
   * Has CloudFront forget what it keeps of these paths. `*` at the end of one stands for anything.
   *
   * @returns what to wait for with `settled`
   * @throws {WheelstoreError} `contention` where too many are in progress for long, `access-denied`
   */
  async invalidate(paths: readonly string[]): Promise<string> {
    const CallerReference = randomUUID();
    for (let attempt = 1; ; attempt++) {
      try {
        const { Invalidation: invalidation } = await this.#client.send(
          new CreateInvalidationCommand({
            DistributionId: this.#distribution,
            // The same reference twice is the same invalidation: so it may be sent again.
            InvalidationBatch: { CallerReference, Paths: { Quantity: paths.length, Items: [...paths] } },
          }),
        );
        if (invalidation?.Id !== undefined) return invalidation.Id;
        throw new WheelstoreError('store-failed', "CloudFront's answer to CreateInvalidation is incomplete", {
          value: this.#distribution,
          fix: 'Run the same command again; look for a proxy that changes answers if it happens often.',
        });
      } catch (error) {
        if (answerOf(error).name !== 'TooManyInvalidationsInProgress')
          throw this.#described(error, 'CreateInvalidation');
        if (attempt >= MOST_ATTEMPTS) throw this.#tooMany(error);
        await this.#wait(pauseAfter(attempt));
      }
    }
  }

  /**
   * Resolves when an invalidation has reached every edge location.
   *
   * @throws {WheelstoreError} `contention` where it has not after ten minutes
   */
  async settled(id: string): Promise<void> {
    for (let poll = 0; poll < MOST_POLLS; poll++) {
      if (await this.#isCompleted(id)) return;
      await this.#wait(POLL_INTERVAL);
    }
    throw new WheelstoreError('contention', `CloudFront has not completed the invalidation ${id} for long`, {
      value: id,
      fix: 'Look at the distribution in the console of AWS.',
    });
  }

  async #isCompleted(id: string): Promise<boolean> {
    try {
      const { Invalidation: invalidation } = await this.#client.send(
        new GetInvalidationCommand({ DistributionId: this.#distribution, Id: id }),
      );
      return invalidation?.Status === 'Completed';
    } catch (error) {
      throw this.#described(error, 'GetInvalidation');
    }
  }

  #described(error: unknown, operation: string): unknown {
    const action = `cloudfront:${operation}`;
    return describeAwsFailure(error, { service: 'CloudFront', action, value: this.#distribution });
  }

  #tooMany(cause: unknown): WheelstoreError {
    return new WheelstoreError('contention', 'CloudFront has too many invalidations in progress, for long', {
      value: this.#distribution,
      fix: 'Run the same command again later.',
      cause,
    });
  }
}

/** Between half of a time that doubles and all of it: others wait as well. */
function pauseAfter(attempt: number): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}
