import type { Command } from 'commander';
import { printLine, type Terminal } from '../terminal.ts';
import { inRepository } from './repository-options.ts';
import type { Run } from './run.ts';

/** Describes the commands that look at how all is set up, set clients up, and show it at work. */
export function addSetupCommands(program: Command, run: Run, terminal: Terminal): void {
  inRepository(program.command('doctor'))
    .description('check credentials, bucket or folder, and with --stack all that is in front of it')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('../commands/doctor.ts')).doctor));

  inRepository(program.command('config'))
    .description('show which repository the commands are about, each setting, and where it comes from')
    .option('--json', 'print JSON')
    .action(run(async () => (await import('../commands/config.ts')).config));

  inRepository(program.command('client-config'))
    .description('print what pip and other clients need to install from the index, or write it')
    .argument('[client]', 'pip, uv, poetry, pdm, netrc or twine; without one, pip')
    .option(
      '--index-url <url>',
      'where the index is; without it, --stack says so, or it is the one served here',
    )
    .option('--token <token>', '"-" reads a line of input; WHEELSTORE_TOKEN, too, is in no list of processes')
    .option('--no-token', 'for an index that is open to all')
    .option('--name <name>', 'how the client is to call the index (default: wheelstore)')
    .option('--extra', 'beside the public index, not in its place')
    .option('--write', "write it into this user's own file, where that says nothing of it yet")
    .action(run(async () => (await import('../commands/client-config.ts')).clientConfig));

  program
    .command('quickstart')
    .description('publish a sample (or these files) to a temporary folder, serve it, and pip install it')
    .argument('[dist...]', 'files, folders, or patterns such as dist/*')
    .option('--once', 'stop after the installation, with its status')
    .action(run(async () => (await import('../commands/quickstart.ts')).quickstart));

  program
    .command('force-unlock', { hidden: true })
    .description('what s3pypi needs after a crash')
    .argument('[words...]')
    .option('--profile <name>')
    .option('--region <region>')
    .action(() => printLine(terminal, 'Nothing is ever locked here, so nothing can be stuck.'));
}
