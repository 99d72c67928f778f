import { randomInt } from 'node:crypto';

function chosen(): number {
  const text = process.env['WHEELSTORE_TEST_SEED'];
  if (text === undefined || text === '') return randomInt(2 ** 31);
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new Error(`WHEELSTORE_TEST_SEED=${text} is no whole number`);
  return seed;
}

/** Where the random choices of this run begin: other ones each time, unless the environment says. */
export const SEED = chosen();

process.stdout.write(`seed ${SEED} (WHEELSTORE_TEST_SEED=${SEED} repeats it)\n`);
