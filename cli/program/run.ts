import type { Command } from 'commander';
import { WheelstoreError } from '../../core/errors.ts';
import { reportFailure } from '../failure.ts';
import type { RepositoryOptions } from '../repository.ts';
import type { StackEdge } from '../stack.ts';
import { note, type Terminal } from '../terminal.ts';
import type { Explain } from '../explain.ts';
import { isInRepository, noteWhatIsNotNeeded, refuseTwoPlaces } from './repository-options.ts';

/** What a command gives back: the code to exit with; nothing means that all went well. */
export type Ending = Promise<number | void>;

/** Makes what commander calls of a command whose code loads when it runs. */
export type Run = <T extends unknown[]>(
  load: () => Promise<(terminal: Terminal, ...words: T) => Ending>,
) => (...words: [...T, Command]) => Promise<void>;

/** @param end is told what the command has given back */
export function runner(terminal: Terminal, end: (result: number | void) => void): Run {
  return <T extends unknown[]>(load: () => Promise<(terminal: Terminal, ...words: T) => Ending>) =>
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
}

async function configured(command: Command, explain: Explain | undefined): Promise<object> {
  const { configure } = await import('../configuration/command-line.ts');
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
const ASKING_LATER = ['config', 'doctor', 'client-config'];

/** Asks the stack where its repository is, where one is named. */
async function placed(command: Command, options: InStack & RepositoryOptions): Promise<InStack> {
  const { stack } = options;
  if (stack === undefined) refuseWithoutStack(options);
  // Before anybody is asked: whose tokens would count?
  if (command.name() === 'serve') (await import('../serve-access.ts')).isPrivate(options);
  if (stack === undefined || ASKING_LATER.includes(command.name())) return options;
  const { placeOf } = await import('../repository.ts');
  // Before anybody is asked: what the stack says takes its place.
  placeOf(options);
  const { placedInStack } = await import('../stack.ts');
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
