import type { Command } from 'commander';
import { changing } from './repository-options.ts';
import type { Run } from './run.ts';

/** Describes the commands that change what is said of published releases and projects. */
export function addReleaseCommands(program: Command, run: Run): void {
  changing(program.command('yank'))
    .description('yank a release: installed only where it is pinned exactly')
    .argument('<name>', 'the project')
    .argument('<version>', 'the release')
    .option('--reason <text>', 'why; installers show it')
    .action(run(async () => (await import('../commands/yank.ts')).yank));

  changing(program.command('unyank'))
    .description('take a yank back')
    .argument('<name>', 'the project')
    .argument('<version>', 'the release')
    .action(run(async () => (await import('../commands/yank.ts')).unyank));

  changing(program.command('delete'))
    .description('delete a release for good; its filenames can never have other bytes')
    .argument('<name>', 'the project')
    .argument('<version>', 'the release')
    .option('--dry-run', 'say what would be deleted')
    .option('--purge', 'with --stack: have CloudFront forget the files, which it keeps for a year otherwise')
    .action(run(async () => (await import('../commands/delete.ts')).deleteRelease));

  changing(program.command('status'))
    .description('show or set the status of a project (PEP 792)')
    .argument('<name>', 'the project')
    .argument('[status]', 'active, archived, deprecated or quarantined')
    .option('--reason <text>', 'why; installers may show it')
    .action(run(async () => (await import('../commands/status.ts')).status));
}
