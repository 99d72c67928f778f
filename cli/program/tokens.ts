import type { Command } from 'commander';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { inRepository } from './repository-options.ts';
import type { Run } from './run.ts';

const EXAMPLES = `
Examples:
  wheelstore token create ci --expires 90d --stack Wheelstore
  wheelstore token create partner --project "acme-*" --project shared-utils
  TOKEN=$(wheelstore token rotate ci --grace 1d)

A token is printed once: only its SHA-256 is kept.`;

const WHEN = 'in 90d, 12h, 30m, 8w or 1y, or at 2027-01-31 or 2027-01-31T18:00:00Z';

/** Describes `wheelstore token` and its commands. */
export function addTokenCommands(program: Command, run: Run): void {
  const token = program
    .command('token')
    .description('make, list, replace and revoke the tokens with which clients read a private index')
    .addHelpText('after', EXAMPLES);

  inRepository(token.command('create'))
    .description('make a token, and print it this once')
    .argument('<name>', 'what to call it')
    .option('--expires <when>', `when it ends: ${WHEN}; never, unless given`)
    .option(
      '--project <pattern>',
      'a project that it may read, or a pattern such as "acme-*"; can be repeated; all, unless given',
      (given: string, others: readonly string[] = []) => [...others, ...given.split(',')],
    )
    .option('--json', 'print JSON')
    .allowExcessArguments()
    .hook('preAction', refuseMoreWords)
    .action(run(async () => (await import('../commands/token.ts')).create));

  inRepository(token.command('list'))
    .description('list all tokens: their names, times and projects')
    .option('--json', 'print JSON')
    .action(run(async () => (await import('../commands/token.ts')).list));

  inRepository(token.command('revoke'))
    .description('end tokens for good, with those that they have replaced')
    .argument('<name...>', 'the names of the tokens')
    .action(run(async () => (await import('../commands/token.ts')).revoke));

  inRepository(token.command('rotate'))
    .description('make another token of the same name and for the same projects, and print it this once')
    .argument('<name>', 'the name of the token')
    .option('--expires <when>', `when it ends: ${WHEN}; unless given, it lasts as long as the old one did`)
    .option('--grace <duration>', 'for how long the old one goes on, such as 1d; not at all, unless given')
    .option('--json', 'print JSON')
    .action(run(async () => (await import('../commands/token.ts')).rotate));
}

/** A shell makes of a pattern the files that it fits. */
function refuseMoreWords(_token: Command, { args }: Command): void {
  const [, more] = args;
  if (more === undefined) return;
  throw new WheelstoreError('usage', `There is a word too many: ${quote(more)}`, {
    value: more,
    fix: 'Give one name; quote patterns, so that the shell does not make filenames of them: --project "acme-*".',
  });
}
