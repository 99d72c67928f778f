// Bundles what ships: the command (dist/cli), the edge functions (dist/edge) and what runs in Lambda (dist/lambda).
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { esbuildChunks } from './chunks.mjs';
import { esbuildDeferred } from './deferred.mjs';
import { bundleEdgeFunction, EDGE_FUNCTIONS } from './edge.mjs';
import { esbuildHandlebars } from './handlebars.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const quiet = process.argv.includes('--quiet');

async function bundleCommand() {
  const { version } = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['cli/main.ts'],
    outdir: 'dist/cli',
    bundle: true,
    // Commands load lazily: each is a chunk of its own.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // What is not parsed does not delay the start of every command.
    minifySyntax: true,
    minifyWhitespace: true,
    // The modules of the SDK that can be shaken: half of the others.
    mainFields: ['module', 'main'],
    legalComments: 'none',
    define: { __WHEELSTORE_VERSION__: JSON.stringify(version) },
    // Bundled CommonJS packages call `require` for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    plugins: [esbuildHandlebars, esbuildDeferred, esbuildChunks],
    metafile: true,
    logLevel: 'warning',
  });
  await chmod(`${root}/dist/cli/main.js`, 0o755);
  return result.metafile.outputs;
}

/** What `serve` starts in threads of its own: beside the command, where it looks for it. */
async function bundleThread() {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['server/access/bcrypt-thread.mjs'],
    outfile: 'dist/cli/bcrypt-thread.mjs',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return result.metafile.outputs;
}

/** What runs in Lambda, each a folder of its own. */
async function bundleFunction(name) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [`lambda/${name}.lambda.ts`],
    outfile: `dist/lambda/${name}/index.mjs`,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    minify: true,
    // The modules of the SDK that can be shaken, which are a third of the others.
    mainFields: ['module', 'main'],
    legalComments: 'none',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    plugins: [esbuildHandlebars, esbuildDeferred],
    metafile: true,
    logLevel: 'warning',
  });
  return result.metafile.outputs;
}

await rm(`${root}/dist`, { recursive: true, force: true });
await mkdir(`${root}/dist/edge`, { recursive: true });
const [outputs, thread, repair, ...edge] = await Promise.all([
  bundleCommand(),
  bundleThread(),
  bundleFunction('repair-pages'),
  ...EDGE_FUNCTIONS.map((name) => bundleEdgeFunction(root, name)),
]);
await Promise.all(
  EDGE_FUNCTIONS.map((name, index) => writeFile(`${root}/dist/edge/${name}.js`, edge[index])),
);
if (!quiet) {
  for (const [path, { bytes }] of Object.entries({ ...outputs, ...thread, ...repair }))
    console.log(`${path}  ${bytes} bytes`);
  EDGE_FUNCTIONS.forEach((name, index) =>
    console.log(`dist/edge/${name}.js  ${Buffer.byteLength(edge[index])} bytes of 10240`),
  );
}
