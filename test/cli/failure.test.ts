import { describe, expect, it } from 'vitest';
import { INTERRUPTED, reportFailure } from '../../cli/failure.ts';
import { runCommand } from '../../cli/program.ts';
import { WheelstoreError } from '../../core/errors.ts';
import { recordingTerminal } from './recording-terminal.ts';

describe('A failure', () => {
  it.each([
    ['usage', 2],
    ['interrupted', INTERRUPTED],
    ['not-found', 1],
    ['contention', 1],
  ] as const)('has its exit code: %s', (code, exit) => {
    const { terminal, err } = recordingTerminal();
    const error = new WheelstoreError(code, 'It is so', { fix: 'Do this.' });
    expect(reportFailure(terminal, error)).toBe(exit);
    expect(err.text).toBe('error: It is so\n       Do this.\n');
  });

  it('with several problems tells each, and all traces where they are asked for', () => {
    const { terminal, err } = recordingTerminal();
    const cause = new Error('the cause of it');
    const problems = [
      new WheelstoreError('invalid-name', 'One'),
      new WheelstoreError('invalid-name', 'Two', { cause }),
    ];
    reportFailure(terminal, new WheelstoreError('rejected-files', 'All', { problems }));
    expect(err.text).toBe('error: One\nerror: Two\n');
    const debugging = recordingTerminal(false, true);
    reportFailure(debugging.terminal, new WheelstoreError('rejected-files', 'All', { problems }));
    expect(debugging.err.text).toMatch(
      /WheelstoreError: One\n {4}at .*caused by: Error: the cause of it\n {4}at /s,
    );
  });

  it('of our own is told as such, with a way to report it', () => {
    const { terminal, err } = recordingTerminal();
    expect(reportFailure(terminal, new TypeError('x is not a function'))).toBe(1);
    expect(err.text).toMatch(
      /^defect: TypeError: x is not a function\n {8}.*--debug.*\n {8}wheelstore .*node /,
    );
    expect(err.text).not.toContain('    at ');
    expect(reportFailure(terminal, 'a text')).toBe(1);
    expect(err.text).toContain('defect: a text');
  });
});

describe('A command line', () => {
  it('gives its exit code back, and writes only to its terminal', async () => {
    const { terminal, out, err } = recordingTerminal();
    expect(await runCommand(['--version'], terminal)).toBe(0);
    expect(out.text).toBe('development\n');
    expect(await runCommand(['list', '--store', '/nonexistent'], terminal)).toBe(1);
    expect(await runCommand(['list', '--bogus'], terminal)).toBe(2);
    expect(err.text).toContain('There is no repository folder "/nonexistent"');
  });
});
