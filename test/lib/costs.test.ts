import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const [, costs = ''] = read('docs/operations.md').split('\n## What it costs\n');

/** The cells of the table that begins with this row's first words, without the line below its head. */
function rowsOf(start: string): string[][] {
  const lines = costs.slice(costs.indexOf(start)).split('\n\n')[0]?.split('\n') ?? [];
  const cells = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('**', '').trim()),
  );
  return cells.filter((_row, index) => index !== 1);
}

/** The last number of a cell: what comes of it. */
const resultOf = (cell = ''): number => Number(/([\d,.]+)$/.exec(cell)?.[1]?.replaceAll(',', '') ?? 0);

it.each([
  ['| | arithmetic', [2, 3]],
  ['| | 10 GB', [1, 2]],
])('the sums of the table of costs that begins with "%s" are right', (start, columns) => {
  const rows = rowsOf(start);
  const last = rows.findIndex(([name]) => name === 'together');
  expect(last).toBeGreaterThanOrEqual(6);
  for (const column of columns) {
    const sum = rows.slice(1, last).reduce((total, row) => total + resultOf(row[column]), 0);
    expect(resultOf(rows[last]?.[column])).toBeCloseTo(sum, 2);
  }
});

it('the README says what comes of the first table', () => {
  const together = rowsOf('| | arithmetic').find(([name]) => name === 'together') ?? [];
  const [kept, asked] = [together[2], together[3]].map((cell) => Math.round(resultOf(cell)));
  expect(read('README.md').replaceAll(/\s+/g, ' ')).toContain(
    `100 GB and 10 million requests cost $${kept} to $${asked} a month`,
  );
});
