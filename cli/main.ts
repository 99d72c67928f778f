#!/usr/bin/env node
import process from 'node:process';
import { runCommand } from './program.ts';
import { processTerminal } from './terminal.ts';

// What reads our output may stop reading (`wheelstore list | head`). That is no failure, and no reason
// to stop in the middle of the work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  });
}

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());
