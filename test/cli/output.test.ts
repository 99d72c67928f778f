import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ProgressBar } from '../../cli/progress.ts';
import { count, formatBytes, note, printable, printJson, printLine } from '../../cli/terminal.ts';
import { recordingTerminal } from './recording-terminal.ts';

describe('A size for people', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1234, '1.2 kB'],
    [99_400, '99.4 kB'],
    [99_500, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [5_000_000_000, '5.0 GB'],
    [7e12, '7.0 TB'],
    [7e15, '7000 TB'],
  ])('has two or three digits: %d', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('A number of things', () => {
  it.each([
    [0, '0 files'],
    [1, '1 file'],
    [2, '2 files'],
  ])('is in the right number: %d', (number, text) => {
    expect(count(number, 'file')).toBe(text);
  });
});

describe('Text from outside', () => {
  it.each([
    ['plain text, ümläute and 日本語', 'plain text, ümläute and 日本語'],
    ['two\nlines', 'two\nlines'],
    ['a\tb\rc\0d', 'a\\u0009b\\u000dc\\u0000d'],
    ['\u001b]0;x\u0007', '\\u001b]0;x\\u0007'],
    ['\u009b2J', '\\u009b2J'],
    ['a\u202eb\u2066c\u200fd', 'a\\u202eb\\u2066c\\u200fd'],
  ])('is shown without what a terminal obeys: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('goes to the right stream', () => {
    const { terminal, out, err } = recordingTerminal();
    printLine(terminal, 'a\u0007', 'b\nc');
    printLine(terminal);
    note(terminal, 'b\u0007');
    expect([out.text, err.text]).toEqual(['a\\u0007b\\nc\n\n', 'b\\u0007\n']);
  });

  it('is whole and harmless in JSON', () => {
    const { terminal, out } = recordingTerminal();
    const value = { text: '\u001b[2J\u009b\u202e"\\\n' };
    printJson(terminal, value);
    expect(JSON.parse(out.text)).toEqual(value);
    // oxlint-disable-next-line no-control-regex
    expect(out.text).not.toMatch(/[\u001b\u009b\u202e]/);
  });
});

describe('A progress bar', () => {
  it('moves on a terminal, and is taken away', () => {
    const { terminal, err } = recordingTerminal(true);
    const bar = new ProgressBar(terminal, 2000, (done) => `${done} bytes`);
    bar.advance(500);
    bar.advance(0);
    bar.advance(1500);
    bar.clear();
    bar.clear();
    const shown = err.text.split('\r').slice(1);
    expect(shown.map((line) => line.replace('\u001b[K', ''))).toEqual([
      `${'░'.repeat(30)} 0%  0 bytes`,
      `${'█'.repeat(8)}${'░'.repeat(22)} 25%  500 bytes`,
      `${'█'.repeat(30)} 100%  2000 bytes`,
      '',
    ]);
  });

  it('does not go beyond its end, as when bytes are sent again', () => {
    const { terminal, err } = recordingTerminal(true);
    new ProgressBar(terminal, 10, String).advance(25);
    expect(err.text).toContain('100%');
    expect(err.text).not.toContain('250%');
  });

  it('is a line every half minute in a log', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { terminal, err } = recordingTerminal(false);
    const bar = new ProgressBar(terminal, 100, (done) => `${done} of 100`);
    for (let step = 0; step < 70; step++) {
      vi.advanceTimersByTime(1000);
      bar.advance(1);
    }
    bar.clear();
    expect(err.text).toBe('30 of 100\n60 of 100\n');
  });

  it('is not there where nobody watches, or nothing is to be sent', () => {
    const quiet = recordingTerminal(false);
    const bar = new ProgressBar(quiet.terminal, 10, String);
    bar.advance(10);
    bar.clear();
    const empty = recordingTerminal(true);
    new ProgressBar(empty.terminal, 0, String).clear();
    expect(quiet.err.text + empty.err.text).toBe('');
  });
});
