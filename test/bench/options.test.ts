import { expect, it } from 'vitest';
import { readTask, type Options } from '../../bench/frame/options.ts';

const KNOWN = ['B1', 'B2', 'B10'];

function optionsOf(words: readonly string[]): Options {
  const task = readTask(words, KNOWN);
  if (task.task !== 'measure') throw new Error(`Nothing is measured: ${task.task}`);
  return task.options;
}

it('measures everything, five times, at a distance of 20 ms', () => {
  expect(optionsOf([])).toEqual({ ids: KNOWN, runs: 5, latency: 20, json: false, quick: false });
});

it('measures what it is told, in the usual order', () => {
  const words = ['--only', 'b10,B1', '--runs', '9', '--latency', '0', '--json'];
  expect(optionsOf(words)).toMatchObject({ ids: ['B1', 'B10'], runs: 9, latency: 0, json: true });
});

it('tries everything once with --quick, unless it is told otherwise', () => {
  expect(optionsOf(['--quick']).runs).toBe(1);
  expect(optionsOf(['--quick', '--runs', '2']).runs).toBe(2);
});

it('says something of results that are there, and measures nothing', () => {
  expect(readTask(['--compare', 'a.json', 'b.json'], KNOWN)).toEqual({
    task: 'compare',
    before: 'a.json',
    after: 'b.json',
  });
  expect(readTask(['--table', 'a.json'], KNOWN)).toEqual({ task: 'table', file: 'a.json' });
});

it.each([
  [['--only', 'B3'], 'There is no B3: B1, B2, B10'],
  [['--runs', '0'], '--runs takes a whole number, 1 or more: 0'],
  [['--latency', 'x'], '--latency takes a whole number, 0 or more: x'],
  [['--fast'], "Unknown option '--fast'"],
  [['B1'], 'There is nothing to do with B1'],
  [['--compare', 'a.json'], '--compare takes two files, and --table one, and nothing else'],
  [['--compare', 'a.json', 'b.json', 'c.json'], '--compare takes two files'],
  [['--compare', 'a.json', 'b.json', '--quick'], '--compare takes two files'],
  [['--table'], '--compare takes two files, and --table one'],
  [['--table', 'a.json', 'b.json'], '--compare takes two files, and --table one'],
  [['--table', '--compare', 'a.json'], '--compare takes two files, and --table one'],
])('refuses %j', (words, message) => {
  expect(() => readTask(words, KNOWN)).toThrow(message);
});
