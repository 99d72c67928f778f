import { readFile } from 'node:fs/promises';

/**
 * What packages bring that few commands use: it is evaluated when it is first called, not when the command
 * starts.
 */
const DEFERRED = [
  // Fills tables from a thousand content types. A wheel needs none of them.
  {
    name: 'mime-types',
    importer: /[\\/]core[\\/]/,
    contents: 'export default { lookup: (path) => require("mime-types").lookup(path) };',
  },
  // For subcommands that are programs of their own, which we have none of. It brings sockets and datagrams along.
  {
    name: 'node:child_process',
    importer: /[\\/]commander[\\/]/,
    contents: 'module.exports = { spawn: (...words) => require("node:child_process").spawn(...words) };',
  },
];

/** For the bundles. */
export const esbuildDeferred = {
  name: 'deferred',
  setup(build) {
    for (const { name, importer, contents } of DEFERRED) {
      const filter = new RegExp(`^${name}$`);
      build.onResolve({ filter, namespace: 'file' }, ({ importer: path, resolveDir }) =>
        importer.test(path) ? { path: name, namespace: 'deferred', pluginData: resolveDir } : undefined,
      );
      build.onLoad({ filter, namespace: 'deferred' }, ({ pluginData }) => ({
        contents,
        resolveDir: pluginData,
      }));
    }
    // Parsed as JSON when it is needed, which is faster than to read it as a program each time. A type without
    // extensions is never found by a filename, and most have none.
    build.onLoad({ filter: /[\\/]mime-db[\\/]db\.json$/ }, async ({ path }) => {
      const types = Object.entries(JSON.parse(await readFile(path, 'utf8')));
      const found = Object.fromEntries(types.filter(([, { extensions }]) => extensions !== undefined));
      const text = JSON.stringify(JSON.stringify(found));
      return { contents: `module.exports = JSON.parse(${text});`, loader: 'js' };
    });
  },
};
