import { cpus, totalmem } from 'node:os';
import { WHEELSTORE } from './command.ts';
import { peer, python } from './peers.ts';
import { versionOf, versionOfScript } from './versions.ts';

/** What the numbers are worth nothing without. */
export function describeMachine(): Readonly<Record<string, string>> {
  const [cpu] = cpus();
  const theirs = (['s3pypi', 'dumb-pypi', 'pypiserver'] as const).flatMap((name) => {
    const command = peer(name);
    return command === undefined ? [] : [[name, versionOfScript(command, name)] as const];
  });
  return {
    wheelstore: versionOf(WHEELSTORE),
    node: process.version,
    python: versionOf(python()),
    pip: versionOf(python(), ['-m', 'pip', '--version']).replace(/ from .*/, ''),
    ...Object.fromEntries(theirs),
    system: `${process.platform} ${process.arch}`,
    processor: `${cpus().length} cores, ${cpu?.model ?? 'of an unknown make'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}
