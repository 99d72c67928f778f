import { resolve } from 'node:path';

/** What the command has loaded whenever it loads something of ours later. */
const ALWAYS = ['cli/program.ts'];

/** What it loads first, which all that comes later finds there; and the small things that most of that needs. */
const FIRST = 'cli/configuration/command-line.ts';
const SHARED = [
  ...ALWAYS,
  FIRST,
  'cli/repository.ts',
  'cli/command-reporter.ts',
  'cli/interrupt.ts',
  'core/file-notes.ts',
  'core/snapshot.ts',
  'core/stored-files.ts',
  'core/archive/crc32.ts',
  'stores/local-file.ts',
];

/**
 * Has fewer and larger chunks loaded. esbuild puts what is shared into a chunk for each set of modules that share it,
 * so there is a chunk for whatever half of the commands need, and Node takes a quarter of a millisecond for each.
 * Here, each module that loads later imports what is there by then anyway: all of that is shared by all of them, and so is
 * one chunk.
 */
export const esbuildChunks = {
  name: 'chunks',
  setup(build) {
    const root = build.initialOptions.absWorkingDir;
    build.onResolve({ filter: /^\.\.?\/.*\.ts$/, namespace: 'file' }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import' ? { path: resolve(resolveDir, path), namespace: 'later' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'later' }, ({ path }) => {
      const imports = (path === resolve(root, FIRST) ? ALWAYS : SHARED).map(
        (module) => `import ${JSON.stringify(`./${module}`)};`,
      );
      return { contents: `${imports.join('\n')}\nexport * from ${JSON.stringify(path)};`, resolveDir: root };
    });
  },
};
