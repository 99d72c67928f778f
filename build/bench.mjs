// Builds what ships and the benchmark, and runs the benchmark with the words that follow.
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { esbuildHandlebars } from './handlebars.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const inRoot = { cwd: root, stdio: 'inherit' };

const built = spawnSync(process.execPath, ['build/build.mjs', '--quiet'], inRoot);
if (built.status !== 0) process.exit(1);
await build({
  absWorkingDir: root,
  // The benchmark, and what it starts in processes of their own.
  entryPoints: [
    'bench/run.ts',
    'bench/processes/proxy.ts',
    'bench/processes/dynamodb.ts',
    'bench/processes/load.ts',
    'test/support/s3-server.ts',
  ].map((path) => ({ in: path, out: basename(path, '.ts') })),
  outdir: 'dist/bench',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [esbuildHandlebars],
  logLevel: 'warning',
});
const run = spawnSync(process.execPath, ['dist/bench/run.mjs', ...process.argv.slice(2)], {
  ...inRoot,
  // The SDK would tell of the next year's versions of Node among the numbers.
  env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
});
process.exitCode = run.status ?? 1;
