import type { Command } from 'commander';
import { changing } from './repository-options.ts';
import type { Run } from './run.ts';

/** Describes the commands that check and mend a repository. */
export function addUpkeepCommands(program: Command, run: Run): void {
  changing(program.command('verify'))
    .description('check every record, page and file against each other')
    .option('--deep', 'read all bytes, and compare them with their hashes')
    .option('--repair', 'mend what can be mended from what is there; removes nothing')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('../commands/verify.ts')).verify));

  changing(program.command('reindex'))
    .description('rebuild the pages from the records')
    .option('--from-files', 'make records again from files/ first, where they were lost')
    .option('--dry-run', 'with --from-files: say which files would be in records again')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('../commands/reindex.ts')).reindex));
}
