import type { Command } from 'commander';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { changing, inRepository } from './repository-options.ts';
import type { Run } from './run.ts';

/** Describes the commands that bring packages in from elsewhere, and out again. */
export function addMovingCommands(program: Command, run: Run): void {
  changing(program.command('import'))
    .description('import from s3pypi, from a folder, or from any index')
    .argument('<source>', 'a folder, s3://bucket/prefix, or the URL of an index')
    .argument('[name...]', 'of an index: projects, or releases as NAME==VERSION')
    .option('--to <place>', 'the repository to import to; the same as --store')
    .option('--all', 'of an index: all that there is')
    .option('--newest <number>', 'only so many of the newest versions of each project', parseNewest)
    .option('--dry-run', 'say what would be imported')
    .option(
      '--resume',
      'go on with the same import where it was interrupted, without looking at what was done',
    )
    .option('--remove-source', 'of a folder or bucket: remove what has been imported from there')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('../commands/import.ts')).importFrom));

  inRepository(program.command('export'))
    .description('copy the whole repository to a folder that any web server can serve')
    .argument('<dir>', 'the folder; run again, it gets what is new')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('../commands/export.ts')).exportTo));
}

function parseNewest(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new WheelstoreError('usage', `${quote(text)} is no number of versions`, {
    value: text,
    fix: 'Use --newest with a number from 1 on.',
  });
}
