import { createHash } from 'node:crypto';
import { strToU8, zipSync } from 'fflate/browser';

const NAME = 'hello-wheelstore';
const MODULE = 'hello_wheelstore';
const VERSION = '1.0';

/** A package that does nothing but greet, as a wheel that any Python 3 installs. */
export function buildSampleWheel(): { readonly filename: string; readonly bytes: Uint8Array } {
  const folder = `${MODULE}-${VERSION}.dist-info`;
  const members: Record<string, string> = {
    [`${MODULE}/__init__.py`]: [
      '"""The sample that the quickstart publishes."""',
      '',
      `__version__ = "${VERSION}"`,
      '',
      '',
      'def greeting():',
      '    return "Hello from your own package index!"',
      '',
    ].join('\n'),
    [`${folder}/METADATA`]: [
      'Metadata-Version: 2.1',
      `Name: ${NAME}`,
      `Version: ${VERSION}`,
      'Summary: The sample that the quickstart publishes',
      'Requires-Python: >=3.6',
      '',
    ].join('\n'),
    [`${folder}/WHEEL`]: [
      'Wheel-Version: 1.0',
      'Generator: wheelstore',
      'Root-Is-Purelib: true',
      'Tag: py3-none-any',
      '',
    ].join('\n'),
  };
  const record = Object.entries(members).map(([path, text]) => recordLine(path, strToU8(text)));
  members[`${folder}/RECORD`] = [...record, `${folder}/RECORD,,`, ''].join('\n');
  const files = Object.fromEntries(Object.entries(members).map(([path, text]) => [path, strToU8(text)]));
  // A fixed time, so that the same sample always has the same bytes.
  const bytes = zipSync(files, { mtime: new Date(2020, 0, 1) });
  return { filename: `${MODULE}-${VERSION}-py3-none-any.whl`, bytes };
}

/** The Python code that shows that the sample is installed. */
export const SAMPLE_DEMO = `import ${MODULE}; print(${MODULE}.greeting())`;

// Binary distribution format: path, hash in URL-safe base64 without padding, size.
function recordLine(path: string, bytes: Uint8Array): string {
  return `${path},sha256=${createHash('sha256').update(bytes).digest('base64url')},${bytes.length}`;
}
