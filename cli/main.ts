#!/usr/bin/env node
import process from 'node:process';
import { runCommand } from './program.ts';
import { processTerminal } from './terminal.ts';

// What reads our output may stop reading (`wheelstore list | head`); that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());
