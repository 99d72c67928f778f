import { readFile } from 'node:fs/promises';
import Handlebars from 'handlebars';

/**
 * A `.hbs` file as a JavaScript module: the template precompiled in strict mode (a field that is
 * missing is an error, not an empty string), with no helpers but the built-in ones, and every `{{ }}`
 * escaped. `{{{ }}}` and `{{& }}` are refused, so that no page can let markup through.
 */
export function templateModule(source, filename) {
  if (/\{\{\{|\{\{&/.test(source)) throw new Error(`${filename}: unescaped output is not allowed`);
  const compiled = Handlebars.precompile(source, {
    strict: true,
    knownHelpersOnly: true,
    preventIndent: true,
    // No template asks for @index and the like, which would be kept for each entry of a list.
    data: false,
    srcName: undefined,
  });
  return `import Handlebars from 'handlebars/runtime.js';\nexport default Handlebars.template(${compiled});\n`;
}

/** For the bundles. */
export const esbuildHandlebars = {
  name: 'handlebars',
  setup(build) {
    build.onLoad({ filter: /\.hbs$/ }, async ({ path }) => ({
      contents: templateModule(await readFile(path, 'utf8'), path),
      loader: 'js',
    }));
  },
};

/** For the tests, which run from the sources. */
export const viteHandlebars = {
  name: 'handlebars',
  transform(source, id) {
    return id.endsWith('.hbs') ? { code: templateModule(source, id), map: null } : undefined;
  },
};
