import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BcryptLimits, BcryptThreads } from '../../server/access/bcrypt-threads.ts';

const HASH = hashSync('secret', 4);

function threadsOf(limits?: BcryptLimits): BcryptThreads {
  const threads = new BcryptThreads(limits);
  onTestFinished(() => threads.close());
  return threads;
}

describe('Passwords that are compared in threads', () => {
  it('are right or wrong by the first hash alone', async () => {
    const threads = threadsOf();
    const other = hashSync('other', 4);
    expect(await threads.run({ password: 'secret', hashes: [HASH] })).toBe(true);
    expect(await threads.run({ password: 'secret', hashes: [HASH, other] })).toBe(true);
    expect(await threads.run({ password: 'other', hashes: [HASH, other] })).toBe(false);
    expect(await threads.run({ password: '', hashes: [HASH] })).toBe(false);
  });

  it.each([1, 3])('each get their own answer with %d threads', async (atOnce) => {
    const threads = threadsOf({ atOnce });
    const passwords = Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? 'secret' : `${index}`));
    const answers = passwords.map((password) => threads.run({ password, hashes: [HASH] }));
    expect(await Promise.all(answers)).toEqual(passwords.map((password) => password === 'secret'));
  });

  it('are refused at once where too many wait, and taken again later', async () => {
    const threads = threadsOf({ atOnce: 2, waiting: 3 });
    const job = { password: 'secret', hashes: [HASH] };
    const taken = Array.from({ length: 5 }, () => threads.run(job));
    expect(taken.every((answer) => answer !== undefined)).toBe(true);
    expect([threads.run(job), threads.run(job)]).toEqual([undefined, undefined]);
    expect(await Promise.all(taken)).toEqual([true, true, true, true, true]);
    expect(await threads.run(job)).toBe(true);
  });

  it('leave the event loop to others', async () => {
    const threads = threadsOf({ atOnce: 1 });
    let isOver = false;
    const answer = threads.run({ password: 'x', hashes: [hashSync('y', 4).replace('$04$', '$10$')] });
    void answer?.finally(() => (isOver = true));
    let turns = 0;
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    // On the event loop itself, bcrypt gives way ten times a second.
    expect(turns).toBeGreaterThan(100);
  });

  it('do not hang on a thread that fails: the next has another one', async () => {
    const threads = threadsOf({ atOnce: 1 });
    const broken = threads.run({ password: 'x', hashes: [HASH.replace('$2b$', '$9b$')] });
    const next = threads.run({ password: 'secret', hashes: [HASH] });
    await expect(broken).rejects.toThrow('Invalid salt version');
    expect(await next).toBe(true);
  });

  it('end when the threads are closed', async () => {
    const threads = new BcryptThreads({ atOnce: 1 });
    const slow = HASH.replace('$04$', '$14$');
    const answers = [slow, slow].map((hash) => threads.run({ password: 'x', hashes: [hash] }));
    const outcomes = Promise.allSettled(answers);
    await threads.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
