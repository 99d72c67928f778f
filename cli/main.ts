#!/usr/bin/env node
import process from 'node:process';
import { FAILED } from './failure.ts';
import { runCommand } from './program.ts';
import { processTerminal } from './terminal.ts';

// What reads our output may stop reading (`wheelstore list | head`), and a terminal may be closed (EIO).
// That is no failure, and no reason to stop in the middle of the work.
const NOBODY_READS = ['EPIPE', 'ERR_STREAM_DESTROYED'];
for (const [stream, other] of [
  [process.stdout, process.stderr],
  [process.stderr, process.stdout],
] as const) {
  stream.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
    if (NOBODY_READS.includes(code) || (code === 'EIO' && stream.isTTY)) return;
    // Whoever was writing may have to say what is lost with it.
    setImmediate(() => {
      other.write(`error: the output cannot be written (${code})\n`);
      process.exit(FAILED);
    });
  });
}

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());
