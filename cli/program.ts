import { Command, CommanderError, Option } from 'commander';
import { quote, WheelstoreError } from '../core/errors.ts';
import { MISUSED, reportFailure } from './failure.ts';
import { parseJobs } from './jobs.ts';
import type { RepositoryOptions } from './repository.ts';
import { SETTINGS, WHERE } from './settings.ts';
import type { StackEdge } from './stack.ts';
import { note, printLine, type Terminal } from './terminal.ts';
import type { Explain } from './verbose-store.ts';
import { VERSION } from './version.ts';

/** What a command gives back: the code to exit with; nothing means that all went well. */
type Ending = Promise<number | void>;

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

/** Adds the options that say which repository a command is about. */
function inRepository(command: Command): Command {
  for (const { flags, opposite, kind, description } of SETTINGS) {
    if (opposite !== undefined) command.addOption(new Option(opposite).hideHelp());
    const option = new Option(flags, description);
    command.addOption(kind === 'count' ? option.argParser(parseJobs) : option);
  }
  return command
    .option('--config <file>', 'the configuration file, instead of the nearest wheelstore.toml')
    .addOption(new Option('--locks-table <name>').hideHelp())
    .addOption(new Option('--put-root-index').hideHelp())
    .addOption(new Option('--index.html').hideHelp())
    .addHelpText('after', ELSEWHERE);
}

/** Whether `inRepository` has had the command. */
function isInRepository(command: Command): boolean {
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

function noteWhatIsNotNeeded(terminal: Terminal, command: Command): void {
  for (const [name, why] of Object.entries(NOT_NEEDED)) {
    if (command.getOptionValueSource(name) === 'cli') note(terminal, `note: ${why}`);
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
      writeOut: (text) => terminal.out.stream.write(text),
      writeErr: (text) => terminal.err.stream.write(text),
    })
    .showHelpAfterError('(add --help for all options)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);

  const run =
    <T extends unknown[]>(load: () => Promise<(terminal: Terminal, ...words: T) => Ending>) =>
    async (...words: [...T, Command]): Promise<void> => {
      const given = words.at(-1) as Command;
      refuseTwoPlaces(given);
      noteWhatIsNotNeeded(terminal, given);
      const isVerbose = given.optsWithGlobals()['verbose'] === true;
      const explain = isVerbose ? (line: string) => note(terminal, line) : undefined;
      const said: object = isInRepository(given) ? await configured(given, explain) : given.opts();
      const options = await placed(given, { ...said, explain });
      const command = await load();
      // A bar that moves and lines that come in between would be in each other's way.
      const shown = isVerbose ? { ...terminal, isInteractive: false } : terminal;
      const work = (): Ending => command(shown, ...([...words.slice(0, -2), options] as T));
      end(await servedAnew(terminal, options, work));
    };

  changing(program.command('upload'))
    .description('publish wheels and sdists, and regenerate the pages')
    .argument('<dist...>', 'files, folders, or patterns such as dist/*')
    .option('--dry-run', 'check everything and say what would be published')
    .addOption(
      new Option('--strict', 'fail where a file is published already, even the same').conflicts('force'),
    )
    .option('-f, --force', 'replace published files of the same name that have other bytes')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('./commands/upload.ts')).upload));

  inRepository(program.command('serve'))
    .description('serve a repository, or any folder of wheels and sdists, over HTTP until Ctrl-C')
    .argument('[dir]', 'the folder of the repository; goes before --store')
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--port <port>', 'the port to listen on; 0 takes a free one', parsePort, 8080)
    .option('--tls-cert <file>', 'serve HTTPS with this certificate (PEM)')
    .option('--tls-key <file>', 'the private key of the certificate (PEM)')
    .option('--quiet', 'do not log requests')
    .action(run(async () => (await import('./commands/serve.ts')).serve));

  inRepository(program.command('list'))
    .description('list all projects')
    .option('--json', 'print JSON')
    .action(run(async () => (await import('./commands/list.ts')).list));

  inRepository(program.command('show'))
    .description('show the releases and files of a project')
    .argument('<name>', 'the project, in any spelling')
    .option('--json', 'print JSON')
    .action(run(async () => (await import('./commands/show.ts')).show));

  changing(program.command('yank'))
    .description('yank a release: installed only where it is pinned exactly')
    .argument('<name>', 'the project')
    .argument('<version>', 'the release')
    .option('--reason <text>', 'why; installers show it')
    .action(run(async () => (await import('./commands/yank.ts')).yank));

  changing(program.command('unyank'))
    .description('take a yank back')
    .argument('<name>', 'the project')
    .argument('<version>', 'the release')
    .action(run(async () => (await import('./commands/yank.ts')).unyank));

  changing(program.command('delete'))
    .description('delete a release for good; its filenames can never have other bytes')
    .argument('<name>', 'the project')
    .argument('<version>', 'the release')
    .option('--dry-run', 'say what would be deleted')
    .option('--purge', 'with --stack: have CloudFront forget the files, which it keeps for a year otherwise')
    .action(run(async () => (await import('./commands/delete.ts')).deleteRelease));

  changing(program.command('status'))
    .description('show or set the status of a project (PEP 792)')
    .argument('<name>', 'the project')
    .argument('[status]', 'active, archived, deprecated or quarantined')
    .option('--reason <text>', 'why; installers may show it')
    .action(run(async () => (await import('./commands/status.ts')).status));

  changing(program.command('verify'))
    .description('check every record, page and file against each other')
    .option('--deep', 'read all bytes, and compare them with their hashes')
    .option('--repair', 'mend what can be mended from what is there; removes nothing')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('./commands/verify.ts')).verify));

  changing(program.command('reindex'))
    .description('rebuild the pages from the records')
    .option('--from-files', 'make records again from files/ first, where they were lost')
    .option('--dry-run', 'with --from-files: say which files would be in records again')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('./commands/reindex.ts')).reindex));

  inRepository(program.command('doctor'))
    .description('check credentials, bucket or folder, and with --stack all that is in front of it')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('./commands/doctor.ts')).doctor));

  inRepository(program.command('config'))
    .description('show which repository the commands are about, each setting, and where it comes from')
    .option('--json', 'print JSON')
    .action(run(async () => (await import('./commands/config.ts')).config));

  program
    .command('quickstart')
    .description('publish a sample (or these files) to a temporary folder, serve it, and pip install it')
    .argument('[dist...]', 'files, folders, or patterns such as dist/*')
    .option('--once', 'stop after the installation, with its status')
    .action(run(async () => (await import('./commands/quickstart.ts')).quickstart));

  program
    .command('force-unlock', { hidden: true })
    .description('what s3pypi needs after a crash')
    .argument('[words...]')
    .option('--profile <name>')
    .option('--region <region>')
    .action(() => printLine(terminal, 'Nothing is ever locked here, so nothing can be stuck.'));

  // Beside the program's own, for words such as -fv.
  for (const command of program.commands) command.addOption(new Option('-v, --verbose').hideHelp());
  return program;
}

async function configured(command: Command, explain: Explain | undefined): Promise<object> {
  const { configure } = await import('./configuration/command-line.ts');
  return configure(command, explain);
}

/** What a command may find in its options, of all that it has. */
interface InStack {
  readonly stack?: string;
  readonly edge?: StackEdge;
  readonly wait?: boolean;
  readonly purge?: boolean;
}

/** Those that say themselves what a stack comes to, or ask nobody. */
const ASKING_LATER = ['config', 'doctor'];

/** Asks the stack where its repository is, where one is named. */
async function placed(command: Command, options: InStack & RepositoryOptions): Promise<InStack> {
  const { stack } = options;
  if (stack === undefined) refuseWithoutStack(options);
  if (stack === undefined || ASKING_LATER.includes(command.name())) return options;
  const { placeOf } = await import('./repository.ts');
  // Before anybody is asked: what the stack says takes its place.
  placeOf(options);
  const { placedInStack } = await import('./stack.ts');
  return placedInStack({ ...options, stack });
}

/** A flag that could do nothing is a mistake: who gives it would rely on it. */
function refuseWithoutStack({ wait, purge }: InStack): void {
  const flag = purge === true ? '--purge' : '--wait';
  if (purge !== true && wait !== true) return;
  throw new WheelstoreError('usage', `${flag} needs a stack, which knows its CloudFront distribution`, {
    value: flag,
    fix: 'Name the stack with --stack, or leave it out.',
  });
}

/** Runs a command, and then has CloudFront forget what it has changed, however it has ended. */
async function servedAnew(terminal: Terminal, options: InStack, work: () => Ending): Ending {
  const { edge, wait = false, purge = false } = options;
  if (edge === undefined) return work();
  const code = await codeOf(terminal, work);
  const told = await codeOf(terminal, async () => {
    const said = await edge.forget({ wait, purge, isDone: code === 0 });
    if (said !== undefined) note(terminal, said);
  });
  // What is served is not what was published: that counts as not done.
  return Math.max(code, told);
}

/** The code to exit with after this work, whose failure is told. */
async function codeOf(terminal: Terminal, work: () => Ending): Promise<number> {
  try {
    return (await work()) ?? 0;
  } catch (error) {
    return reportFailure(terminal, error);
  }
}

/** Adds the options of commands that change what clients are served. */
function changing(command: Command): Command {
  return inRepository(command).option(
    '--wait',
    'with --stack: wait until CloudFront serves what has changed',
  );
}

/** A flag goes before a variable, but two flags that contradict each other are a mistake. */
function refuseTwoPlaces(command: Command): void {
  const given = WHERE.filter((name) => command.getOptionValueSource(name) === 'cli');
  const dir = command.name() === 'serve' ? command.args[0] : undefined;
  if (given.length + (dir === undefined ? 0 : 1) < 2) return;
  throw new WheelstoreError('usage', 'The command line names two repositories', {
    fix: 'Name one: with --store, --bucket or --stack; serve takes a folder without a flag as well.',
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new WheelstoreError('usage', `${quote(text)} is no port`, {
    value: text,
    fix: 'Use --port with a number from 0 to 65535; 0 takes a free port.',
  });
}

const EXAMPLES = `
Examples:
  wheelstore upload dist/* --store ./packages
  wheelstore serve ./packages
  pip install --index-url http://127.0.0.1:8080/simple/ NAME

Exit codes: 0 it happened, 1 it did not, 2 wrong usage, 130 interrupted.`;
