import { describe, expect, it } from 'vitest';
import { parseExpiry, parseGrace } from '../../../cli/tokens/times.ts';
import { HOSTILE_TEXTS, thrownBy } from '../../core/thrown.ts';

const NOW = new Date('2026-01-31T12:00:00.500Z');
const DAY = 86_400_000;

describe('--expires', () => {
  it.each([
    ['30m', '2026-01-31T12:30:00.500Z'],
    ['12h', '2026-02-01T00:00:00.500Z'],
    ['90d', '2026-05-01T12:00:00.500Z'],
    ['8w', '2026-03-28T12:00:00.500Z'],
    ['1y', '2027-01-31T12:00:00.500Z'],
    ['100y', '2126-01-07T12:00:00.500Z'],
    ['090d', '2026-05-01T12:00:00.500Z'],
    ['2027-01-31', '2027-01-31T23:59:59.000Z'],
    ['2028-02-29', '2028-02-29T23:59:59.000Z'],
    ['2027-01-31T18:00:00Z', '2027-01-31T18:00:00.000Z'],
    ['2027-01-31t18:00:00z', '2027-01-31T18:00:00.000Z'],
    ['2027-01-31 18:00:00+02:00', '2027-01-31T16:00:00.000Z'],
    ['2027-01-31T18:00:00.25-05:30', '2027-01-31T23:30:00.250Z'],
    // Whether it is past is for who makes the token.
    ['2020-01-01', '2020-01-01T23:59:59.000Z'],
  ])('is a duration, a day or a moment: %s', (text, moment) => {
    expect(parseExpiry(text, NOW).toISOString()).toBe(moment);
  });

  it.each([
    '',
    '90',
    'd',
    '0d',
    '-1d',
    '+1d',
    '1.5d',
    '1e3d',
    '90 d',
    '90D',
    '1M',
    '90days',
    '1d12h',
    '101y',
    '999999999d',
    '9999999999m',
    'never',
    'tomorrow',
    '2027-02-29',
    '2027-13-01',
    '2027-00-10',
    '2027-1-1',
    '27-01-01',
    '2027-04-31T00:00:00Z',
    '2027-01-31T24:00:00Z',
    '2027-01-31T18:00:60Z',
    '2027-01-31T18:00Z',
    '2027-01-31T18:00:00',
    '2027-01-31T18:00:00+25:00',
    '2027-01-31T18:00:00 Z',
    '31.01.2027',
    '01/31/2027',
    '1801000000',
  ])('is not %j', (text) => {
    const { code, value, message, fix } = thrownBy(() => parseExpiry(text, NOW));
    expect({ code, value }).toEqual({ code: 'usage', value: text });
    expect(message).toContain(JSON.stringify(text));
    expect(fix).toContain('90d');
  });

  it.each(HOSTILE_TEXTS)('is not $what', ({ text }) => {
    expect(thrownBy(() => parseExpiry(text, NOW)).code).toBe('usage');
  });
});

describe('--grace', () => {
  it.each([
    ['0', 0],
    ['0d', 0],
    ['30m', DAY / 48],
    ['1d', DAY],
    ['1y', 365 * DAY],
  ])('is a duration: %s', (text, milliseconds) => {
    expect(parseGrace(text)).toBe(milliseconds);
  });

  it.each(['', '1', '-1d', '101y', '2027-01-31', 'none'])('is not %j', (text) => {
    expect(thrownBy(() => parseGrace(text))).toMatchObject({ code: 'usage', value: text });
  });

  it.each(HOSTILE_TEXTS)('is not $what', ({ text }) => {
    expect(thrownBy(() => parseGrace(text)).code).toBe('usage');
  });
});
