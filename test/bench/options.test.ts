import { expect, it } from 'vitest';
import { readOptions } from '../../bench/frame/options.ts';

const KNOWN = ['B1', 'B2', 'B10'];

it('measures everything, five times, at a distance of 20 ms', () => {
  expect(readOptions([], KNOWN)).toEqual({ ids: KNOWN, runs: 5, latency: 20, json: false, quick: false });
});

it('measures what it is told, in the usual order', () => {
  const words = ['--only', 'b10,B1', '--runs', '9', '--latency', '0', '--json'];
  expect(readOptions(words, KNOWN)).toMatchObject({ ids: ['B1', 'B10'], runs: 9, latency: 0, json: true });
});

it('tries everything once with --quick, unless it is told otherwise', () => {
  expect(readOptions(['--quick'], KNOWN).runs).toBe(1);
  expect(readOptions(['--quick', '--runs', '2'], KNOWN).runs).toBe(2);
});

it.each([
  [['--only', 'B3'], 'There is no B3: B1, B2, B10'],
  [['--runs', '0'], '--runs takes a whole number, 1 or more: 0'],
  [['--latency', 'x'], '--latency takes a whole number, 0 or more: x'],
  [['--fast'], "Unknown option '--fast'"],
])('refuses %j', (words, message) => {
  expect(() => readOptions(words, KNOWN)).toThrow(message);
});
