// CloudFront Functions: each is one script whose global `handler` CloudFront calls.
import { build, transform } from 'esbuild';

/** The quota of CloudFront Functions, in bytes. */
const LARGEST = 10_240;

/**
 * CloudFront Functions runtime 2.0 is ES5.1 and these. What esbuild cannot express in them (for-of,
 * destructuring, spread, default parameters, classes, generators) is an error of the build. It has
 * rest parameters as well, but esbuild would let spread through with them.
 */
const LANGUAGE = {
  target: 'es5',
  supported: {
    arrow: true,
    'async-await': true,
    'const-and-let': true,
    'exponent-operator': true,
    'template-literal': true,
  },
};

/**
 * What the runtime lacks, or only newer engines have. `RegExp` is here because esbuild writes a
 * pattern that ES5 cannot read (lookbehind, named groups, newer flags) as `new RegExp(...)`. Patterns go
 * to PCRE, for which `[^]` has no end: the whole script would not be read.
 */
const FOREIGN =
  /\b(?:Map|Set|WeakMap|WeakSet|WeakRef|Symbol|Proxy|Reflect|Intl|BigInt|URL|URLSearchParams|TextEncoder|TextDecoder|Function|RegExp|eval|escape|unescape|process|require|setTimeout|setInterval|queueMicrotask|globalThis|fromEntries|hasOwn|matchAll|replaceAll|normalize|localeCompare|toLocale\w+|isWellFormed|toWellFormed|findLast|findLastIndex|toSorted|toReversed|toSpliced|flat|flatMap|structuredClone)\b|\.(?:at|raw|with)\(|\bwith\(|(?<!\bBuffer)\.from\(|\[\^\]/;

/** What a declaration may have in front of another name: parentheses are closed, to a certain depth. */
const CLOSED = String.raw`(?:[^;(){}]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*`;

/** Where `await` is understood: it may only begin a statement or one of these. */
const AWAIT_PLACES = [
  String.raw`^|;|\}|(?<!\$)\{`,
  // What gets a name by itself, or in a declaration: behind a comma, it may be among arguments otherwise.
  String.raw`(?:;|\}|(?<!\$)\{|\breturn )[\w$]+=`,
  String.raw`\b(?:const|let|var) (?:${CLOSED},)?[\w$]+=`,
  String.raw`\b(?:return|throw) |\bif\(`,
];

/**
 * `await` where the runtime does not read it, though it is in an `async` function: among the arguments of a
 * call, and in a template there. It is a syntax error, which nobody is told before the function answers each
 * request with a 503. So it may only be in few places, and nowhere within an expression.
 */
const AWAIT_WITHIN = new RegExp(String.raw`(?<!${AWAIT_PLACES.join('|')})\bawait\b`, 'm');

/** Closures and arrow functions cannot be `async`. */
const ASYNC_CLOSURE = /\basync\b(?! function [\w$]+\()/;

/** What a script may import, by the names that it has to use: modules of the runtime. */
const MODULES = { cloudfront: 'cloudfront', crypto: 'crypto' };

/** The edge functions, by the names of their files: for an index that everyone may read, and for a private one. */
export const EDGE_FUNCTIONS = ['viewer-request', 'private-viewer-request'];

/**
 * The source of an edge function, minified.
 *
 * Throws where it would not run in CloudFront: too large, or beyond the language of its runtime.
 */
export async function bundleEdgeFunction(root, name) {
  const bundle = await build({
    absWorkingDir: root,
    entryPoints: [`lambda/${name}.cff.ts`],
    external: Object.values(MODULES),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'esnext',
    logLevel: 'silent',
  });
  // Only after unused code is gone, or what is never called would be held against the language too.
  return toScript(bundle.outputFiles[0].text);
}

/**
 * A module that exports `handler`, as a script in the language of the runtime. Imports of modules that
 * only the runtime has stay at its top.
 */
export async function toScript(module) {
  const imports = [];
  const script = module
    .replace(/export \{\s*handler\s*\};?\s*$/, '')
    .replace(/^import (\w+) from "(\w+)";$\n?/gm, (line, name, from) => {
      if (MODULES[name] !== from) return line;
      imports.push(`import ${name} from "${from}";\n`);
      return '';
    });
  if (/^(export|import)\b/m.test(script) || !/^(async )?function handler\(/m.test(script)) {
    throw new Error(
      'An edge function exports one function, "handler", and imports modules of its runtime alone',
    );
  }
  // A script keeps its top-level names; a module's would be shortened, `handler` with them.
  const { code } = await transform(script, {
    ...LANGUAGE,
    minify: true,
    legalComments: 'none',
    charset: 'ascii',
    logLevel: 'silent',
  });
  const foreign = FOREIGN.exec(code);
  if (foreign) throw new Error(`The edge function uses "${foreign[0]}", which its runtime lacks`);
  if (AWAIT_WITHIN.test(code))
    throw new Error('The edge function awaits within an expression: name the value first');
  if (ASYNC_CLOSURE.test(code)) throw new Error('The edge function has a closure that is async');
  const source = `${imports.join('')}${code}`;
  const size = Buffer.byteLength(source);
  if (size > LARGEST) throw new Error(`The edge function has ${size} bytes; at most ${LARGEST} are allowed`);
  return source;
}
