import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { COMMAND, runProcess, type CommandOptions, type Ending } from '../support/command.ts';

/** Whether there is the `script` of util-linux, which runs a command on a terminal of its own. */
export const hasPseudoTerminal =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;

/**
 * Runs `wheelstore` with both outputs on a terminal.
 *
 * @param redirection for a shell, such as `> file`
 * @returns all output in `stdout`, with line ends as a terminal has them
 */
export function onTerminal(
  words: readonly string[],
  options: CommandOptions = {},
  redirection = '',
): Promise<Ending> {
  const command = [process.execPath, COMMAND, ...words].map(shellWord).join(' ');
  const script = ['-qec', `${command} ${redirection}`, '/dev/null'];
  return runProcess('script', script, { ...options, env: { TERM: 'xterm', ...options.env } });
}

function shellWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
