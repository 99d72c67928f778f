import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds the command and the edge function once, before all tests: they test what ships. */
export function setup(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync(process.execPath, ['build/build.mjs', '--quiet'], { cwd: root, stdio: 'inherit' });
}
