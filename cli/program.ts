import { Command, CommanderError, Option } from 'commander';
import { MISUSED, reportFailure } from './failure.ts';
import { addEverydayCommands } from './program/everyday.ts';
import { addMovingCommands } from './program/moving.ts';
import { addReleaseCommands } from './program/releases.ts';
import { runner } from './program/run.ts';
import { addSetupCommands } from './program/setup.ts';
import { addTokenCommands } from './program/tokens.ts';
import { addUpkeepCommands } from './program/upkeep.ts';
import { writeText, type Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/**
 * Runs one command line, and tells what went wrong.
 *
 * @param words without the program's name
 * @returns the code to exit with: 0, 1 (it did not happen), 2 (wrong usage) or 130 (interrupted)
 */
export async function runCommand(words: readonly string[], terminal: Terminal): Promise<number> {
  let ending: number | void = undefined;
  const program = describeProgram(terminal, (result) => {
    ending = result;
  });
  try {
    await program.parseAsync([...words], { from: 'user' });
    return ending ?? 0;
  } catch (error) {
    // Commander has printed what it has to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
    return reportFailure(terminal, error);
  }
}

/** The whole command line. Each command loads its code only when it runs. */
function describeProgram(terminal: Terminal, end: (result: number | void) => void): Command {
  const program = new Command('wheelstore')
    .description('A private Python package index that is a folder, or a bucket, and this tool.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--debug', 'print stack traces')
    .option('-v, --verbose', 'tell which repository is used and why, and each request to it')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => writeText(terminal.out, text),
      writeErr: (text) => writeText(terminal.err, text),
    })
    .showHelpAfterError('(add --help for all options)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);

  const run = runner(terminal, end);
  addEverydayCommands(program, run);
  addMovingCommands(program, run);
  addReleaseCommands(program, run);
  addUpkeepCommands(program, run);
  addTokenCommands(program, run);
  addSetupCommands(program, run, terminal);

  // Beside the program's own, for words such as -fv.
  for (const command of program.commands.flatMap((one) => [one, ...one.commands])) {
    command.addOption(new Option('-v, --verbose').hideHelp());
  }
  return program;
}

const EXAMPLES = `
Examples:
  wheelstore upload dist/* --store ./packages
  wheelstore serve ./packages
  pip install --index-url http://127.0.0.1:8080/simple/ NAME

Exit codes: 0 it happened, 1 it did not, 2 wrong usage, 130 interrupted.`;
