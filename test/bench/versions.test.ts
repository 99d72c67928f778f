import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { versionOf, versionOfScript } from '../../bench/frame/versions.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A program of the shell, as executable as a script of Python's. */
function program(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

/** A Python that knows one project. */
const PYTHON = '#!/bin/sh\n[ "$1" = -c ] && [ "$3" = dumb-pypi ] && echo 1.15.0\n';

it('is what the command says, in its first line', () => {
  expect(versionOf([program('peer', '#!/bin/sh\necho "peer 2.0"\necho more\n')])).toBe('peer 2.0');
});

it('is unknown where the command fails, or is not there', () => {
  expect(versionOf([program('peer', '#!/bin/sh\nexit 2\n')])).toBe('version unknown');
  expect(versionOf(['/nonexistent/peer'])).toBe('version unknown');
});

it('comes from the Python of a script that does not say it', () => {
  const script = program('dumb-pypi', `#!${program('python', PYTHON)}\nimport sys\n`);
  expect(versionOfScript([script], 'dumb-pypi')).toBe('1.15.0');
  expect(versionOfScript([script], 'another')).toBe('version unknown');
});

it('is unknown where a command that does not say it is no script of Python', () => {
  const script = program('peer', '#!/bin/sh\nexit 2\n');
  expect(versionOfScript([script], 'peer')).toBe('version unknown');
  expect(versionOfScript(['nonexistent-peer'], 'peer')).toBe('version unknown');
});
