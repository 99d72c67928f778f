import { type Command, Option } from 'commander';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { parseActions } from '../authenticate.ts';
import { changing, inRepository } from './repository-options.ts';
import type { Run } from './run.ts';

/** Describes the commands that publish, serve and look. */
export function addEverydayCommands(program: Command, run: Run): void {
  changing(program.command('upload'))
    .description('publish wheels and sdists, and regenerate the pages')
    .argument('<dist...>', 'files, folders, or patterns such as dist/*')
    .option('--dry-run', 'check everything and say what would be published')
    .addOption(
      new Option('--strict', 'fail where a file is published already, even the same').conflicts('force'),
    )
    .option('-f, --force', 'replace published files of the same name that have other bytes')
    .option('--json', 'print the result as JSON')
    .action(run(async () => (await import('../commands/upload.ts')).upload));

  inRepository(program.command('serve'))
    .description('serve a repository, or any folder of wheels and sdists, over HTTP until Ctrl-C')
    .argument('[dir]', 'the folder of the repository; goes before --store')
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--port <port>', 'the port to listen on; 0 takes a free one', parsePort, 8080)
    .option('--tls-cert <file>', 'serve HTTPS with this certificate (PEM)')
    .option('--tls-key <file>', 'the private key of the certificate (PEM)')
    .option('--quiet', 'do not log requests')
    .addOption(
      new Option(
        '--access <access>',
        'private: only for those with a token of the repository, or a password; public unless given',
      ).choices(['private', 'public']),
    )
    .option('--htpasswd <file>', 'let the users of this Apache password file in as well (bcrypt)')
    .option(
      '--authenticate <actions>',
      'what needs a token or a password: list (pages), download (files), update (uploads, which are refused anyway); all, unless given',
      parseActions,
    )
    .action(run(async () => (await import('../commands/serve.ts')).serve));

  inRepository(program.command('list'))
    .description('list all projects')
    .option('--json', 'print JSON')
    .action(run(async () => (await import('../commands/list.ts')).list));

  inRepository(program.command('show'))
    .description('show the releases and files of a project')
    .argument('<name>', 'the project, in any spelling')
    .option('--json', 'print JSON')
    .action(run(async () => (await import('../commands/show.ts')).show));
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new WheelstoreError('usage', `${quote(text)} is no port`, {
    value: text,
    fix: 'Use --port with a number from 0 to 65535; 0 takes a free port.',
  });
}
