import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoredGrants } from '../../../core/access/stored-grants.ts';
import {
  createToken,
  listGrants,
  revokeTokens,
  rotateToken,
  type TokenEnvironment,
} from '../../../core/access/tokens.ts';
import { hashOfToken } from '../../../core/access/token.ts';
import { admit, type EdgeGrant, grantKey } from '../../../core/edge/access.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { MemoryStore } from '../../../stores/memory.ts';

/** What a person may do next; times are in milliseconds from now. */
type Step =
  | {
      readonly does: 'create';
      readonly name: string;
      readonly life?: number;
      readonly projects?: readonly string[];
    }
  | { readonly does: 'rotate'; readonly name: string; readonly life?: number; readonly grace: number }
  | { readonly does: 'revoke'; readonly names: readonly string[] }
  | { readonly does: 'wait'; readonly time: number };

/** What a token is good for, as simple as can be: only `end` is ever changed. */
interface Good {
  readonly token: string;
  readonly name: string;
  readonly projects: readonly string[] | undefined;
  readonly life: number;
  end: number;
  isCurrent: boolean;
}

const DAY = 86_400_000;
const wholeSeconds = (time: number): number => Math.floor(time / 1000) * 1000;

/** What should come of a step: an error of this code, or a change of `goods`. */
class Model {
  goods: Good[] = [];

  refusal(step: Step, now: number): string | undefined {
    if (step.does === 'wait') return undefined;
    if (step.does === 'revoke') return step.names.every((name) => this.#has(name)) ? undefined : 'not-found';
    if (step.does === 'create') {
      if (step.life !== undefined && wholeSeconds(now + step.life) <= now) return 'usage';
      return this.#has(step.name) ? 'token-exists' : undefined;
    }
    const old = this.#current(step.name);
    if (old === undefined) return 'not-found';
    if (step.life !== undefined && wholeSeconds(now + step.life) <= now) return 'usage';
    const others = this.goods.filter((good) => good.name === step.name && good !== old && good.end > now);
    return step.grace > 0 && others.length >= 20 ? 'token-exists' : undefined;
  }

  apply(step: Step, now: number, token: string): void {
    if (step.does === 'revoke') this.goods = this.goods.filter(({ name }) => !step.names.includes(name));
    if (step.does === 'create') this.#add(step, now, token, step.life, step.projects);
    if (step.does !== 'rotate') return;
    const old = this.#current(step.name) as Good;
    if (step.grace === 0) this.goods = this.goods.filter(({ name }) => name !== step.name);
    this.goods = this.goods.filter((good) => good.name !== step.name || good.end > now);
    old.isCurrent = false;
    old.end = Math.min(old.end, wholeSeconds(now + step.grace));
    this.#add(step, now, token, step.life ?? (old.life === Infinity ? undefined : old.life), old.projects);
  }

  #add(
    { name }: { readonly name: string },
    now: number,
    token: string,
    life: number | undefined,
    projects: readonly string[] | undefined,
  ): void {
    const end = life === undefined ? Infinity : wholeSeconds(now + life);
    this.goods.push({ token, name, projects, end, life: end - wholeSeconds(now), isCurrent: true });
  }

  #has(name: string): boolean {
    return this.goods.some((good) => good.name === name);
  }

  #current(name: string): Good | undefined {
    return this.goods.find((good) => good.name === name && good.isCurrent);
  }
}

const someName = fc.constantFrom('ci', 'cd', 'x');
const someLife = fc.option(
  fc.oneof(fc.integer({ min: -2_000, max: 5_000 }), fc.integer({ min: 1, max: 900 * DAY })),
  { nil: undefined },
);
const withLife = <T extends object>(life: number | undefined, rest: T) => ({
  ...rest,
  ...(life && { life }),
});
const someStep: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(someName, someLife, fc.option(fc.constant(['foo', 'acme-*']), { nil: undefined }))
    .map(([name, life, projects]) =>
      withLife(life, { does: 'create' as const, name, ...(projects && { projects }) }),
    ),
  fc
    .tuple(someName, someLife, fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3 * DAY })))
    .map(([name, life, grace]) => withLife(life, { does: 'rotate' as const, name, grace })),
  fc
    .uniqueArray(someName, { minLength: 1, maxLength: 2 })
    .map((names) => ({ does: 'revoke' as const, names })),
  fc
    .oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 100 * DAY }))
    .map((time) => ({ does: 'wait' as const, time })),
);

async function take(environment: TokenEnvironment, step: Step, now: number): Promise<string> {
  if (step.does === 'create') {
    const expires = step.life === undefined ? {} : { expires: new Date(now + step.life) };
    const { name, projects = [] } = step;
    return (await createToken(environment, { name, projects, ...expires })).token;
  }
  if (step.does === 'rotate') {
    const expires = step.life === undefined ? {} : { expires: new Date(now + step.life) };
    return (await rotateToken(environment, step.name, { grace: step.grace, ...expires })).token;
  }
  if (step.does === 'revoke') await revokeTokens(environment, step.names);
  return '';
}

/** What the edge answers to who asks for a page of each of these projects with a token. */
async function answers(environment: TokenEnvironment, token: string): Promise<(string | number)[]> {
  const { grants } = await environment.grants.read();
  const find = async (key: string): Promise<EdgeGrant | undefined> =>
    grants.find(({ sha256 }) => grantKey(sha256) === key);
  const authorization = `Basic ${Buffer.from(`__token__:${token}`).toString('base64')}`;
  const tools = { sha256: hashOfToken, find, now: environment.now().getTime() };
  const paths = ['/simple/foo/index.json', '/simple/acme-core/index.json', '/simple/bar/index.json'];
  const decided = await Promise.all(
    paths.map((path) => admit({ kind: 'rewrite', path, negotiated: true }, authorization, tools)),
  );
  return decided.map((decision) => (decision.kind === 'answer' ? decision.status : decision.kind));
}

describe('Tokens, whatever is done with them', () => {
  it('open what a simple model says that they open, at every moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someStep, { maxLength: 30 }), async (steps) => {
        const clock = { time: Date.parse('2026-02-28T23:59:58.123Z') };
        const environment: TokenEnvironment = {
          grants: new StoredGrants(new MemoryStore()),
          now: () => new Date(clock.time),
          wait: () => Promise.resolve(),
          random: Math.random,
        };
        const model = new Model();
        const issued: string[] = [];
        for (const step of steps) {
          if (step.does === 'wait') clock.time += step.time;
          const refusal = model.refusal(step, clock.time);
          const ending = await take(environment, step, clock.time).catch((error: unknown) => error);
          if (ending instanceof Error && !(ending instanceof WheelstoreError)) throw ending;
          expect(ending instanceof WheelstoreError ? ending.code : undefined).toBe(refusal);
          if (typeof ending === 'string') {
            model.apply(step, clock.time, ending);
            if (ending !== '') issued.push(ending);
          }
          for (const token of issued) {
            const good = model.goods.find((one) => one.token === token && one.end > clock.time);
            const wanted =
              good === undefined
                ? [401, 401, 401]
                : good.projects
                  ? ['rewrite', 'rewrite', 404]
                  : Array(3).fill('rewrite');
            expect(await answers(environment, token)).toEqual(wanted);
          }
          const listed = (await listGrants(environment)).map(({ sha256 }) => sha256).sort();
          expect(listed).toEqual(model.goods.map(({ token }) => hashOfToken(token)).sort());
        }
      }),
      { numRuns: 150 },
    );
  });
});
