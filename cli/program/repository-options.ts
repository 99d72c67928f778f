import { type Command, Option } from 'commander';
import { WheelstoreError } from '../../core/errors.ts';
import { parseJobs } from '../jobs.ts';
import { SETTINGS, WHERE } from '../settings.ts';
import { note, type Terminal } from '../terminal.ts';

/** What says which repository a command is about: the same options for all commands. */
const OPTIONS: readonly Option[] = [
  ...SETTINGS.flatMap(({ flags, opposite, kind, description }) => {
    const option = new Option(flags, description);
    return [
      ...(opposite === undefined ? [] : [new Option(opposite).hideHelp()]),
      kind === 'count' ? option.argParser(parseJobs) : option,
    ];
  }),
  new Option('--config <file>', 'the configuration file, instead of the nearest wheelstore.toml'),
  new Option('--locks-table <name>').hideHelp(),
  new Option('--put-root-index').hideHelp(),
  new Option('--index.html').hideHelp(),
];

/** Adds the options that say which repository a command is about. */
export function inRepository(command: Command): Command {
  for (const option of OPTIONS) command.addOption(option);
  return command.addHelpText('after', ELSEWHERE);
}

/** Adds the options of commands that change what clients are served. */
export function changing(command: Command): Command {
  return inRepository(command).option(
    '--wait',
    'with --stack: wait until CloudFront serves what has changed',
  );
}

/** Whether `inRepository` has had the command. */
export function isInRepository(command: Command): boolean {
  return command.options.some((option) => option.attributeName() === 'config');
}

const ELSEWHERE = `
What is said of the repository can also be a variable (--store: WHEELSTORE_STORE) or a key of
wheelstore.toml (store). "wheelstore config" prints what is in force.`;

/** Options of s3pypi that are taken, so that its command lines go on working, and why they do nothing. */
const NOT_NEEDED: Readonly<Record<string, string>> = {
  locksTable: '--locks-table is not needed: S3 judges each write itself, so nothing is locked.',
  putRootIndex: '--put-root-index is not needed: the list of all projects is always kept.',
  'index.html': '--index.html is not needed: every page is at /simple/NAME/ and at /simple/NAME/index.html.',
};

/** Says so of each option that is taken and does nothing. */
export function noteWhatIsNotNeeded(terminal: Terminal, command: Command): void {
  for (const [name, why] of Object.entries(NOT_NEEDED)) {
    if (command.getOptionValueSource(name) === 'cli') note(terminal, `note: ${why}`);
  }
}

/** A flag goes before a variable, but two flags that contradict each other are a mistake. */
export function refuseTwoPlaces(command: Command): void {
  const given = WHERE.filter((name) => command.getOptionValueSource(name) === 'cli');
  const other = command.name() === 'serve' ? command.args[0] : command.opts()['to'];
  if (given.length + (other === undefined ? 0 : 1) < 2) return;
  throw new WheelstoreError('usage', 'The command line names two repositories', {
    fix: 'Name one: with --store, --bucket or --stack; serve takes a folder without a flag as well, import takes --to.',
  });
}
