import { describe, expect, test } from 'vitest';
import { parseMetadata, sdistMetadataIsReliable } from '../../core/metadata.ts';
import { encode, metadataText, parse, refusal } from './metadata-text.ts';
import { thrownBy } from './thrown.ts';

describe('parseMetadata', () => {
  test('reads what a current build backend writes', () => {
    const metadata = parse(
      'Summary: A library of foo',
      'Author: Ž. Ł.',
      'Author-email: "Ž. Ł." <z@example.com>',
      'License-Expression: MIT or Apache-2.0',
      'License-File: LICENSE',
      'License-File: vendor/bar/LICENSE.txt',
      'Keywords: foo, bar baz,,qux',
      'Classifier: Programming Language :: Python :: 3',
      'Classifier: Typing :: Typed',
      'Project-URL: Source, https://example.com/a,b',
      'Project-URL: Documentation,https://example.com/docs',
      'Requires-Python: >=3.8, !=3.9.*',
      'Requires-Dist: bar>=1',
      'Requires-Dist: baz[x] (>=2) ; extra == "all"',
      'Provides-Extra: all',
      'Dynamic: License-File',
      'Description-Content-Type: text/markdown; charset=UTF-8',
      '',
      '# foo',
      '',
      'text: body',
    );
    expect(metadata).toMatchObject({
      metadataVersion: { major: 2, minor: 4 },
      name: 'foo',
      project: 'foo',
      version: { normalized: '1.0' },
      summary: 'A library of foo',
      author: 'Ž. Ł.',
      authorEmail: '"Ž. Ł." <z@example.com>',
      license: undefined,
      licenseExpression: 'MIT OR Apache-2.0',
      licenseFiles: ['LICENSE', 'vendor/bar/LICENSE.txt'],
      keywords: ['foo', 'bar baz', 'qux'],
      classifiers: ['Programming Language :: Python :: 3', 'Typing :: Typed'],
      projectUrls: [
        { label: 'Source', url: 'https://example.com/a,b' },
        { label: 'Documentation', url: 'https://example.com/docs' },
      ],
      requiresPython: '>=3.8,!=3.9.*',
      requiresDist: ['bar>=1', 'baz[x] (>=2) ; extra == "all"'],
      providesExtra: ['all'],
      dynamic: ['license-file'],
      descriptionContentType: 'text/markdown; charset=UTF-8',
      description: '# foo\n\ntext: body',
      warnings: [],
    });
  });

  test('reads what distutils wrote', () => {
    const lines = [
      'Metadata-Version: 1.1',
      'Name: Foo.Bar',
      'Version: 1.0-beta',
      'Summary: UNKNOWN',
      'Home-page: UNKNOWN',
      'Author: UNKNOWN',
      'Author-email: UNKNOWN',
      'License: GPL',
      'Description: First line',
      '        ',
      '          indented',
      '       |second form',
      'Keywords: foo bar',
      'Platform: UNKNOWN',
      'Requires-Python: UNKNOWN',
      'Classifier: UNKNOWN',
      '',
    ];
    const metadata = parseMetadata(encode(lines.join('\r\n')));
    expect(metadata).toMatchObject({
      metadataVersion: { major: 1, minor: 1 },
      name: 'Foo.Bar',
      project: 'foo-bar',
      version: { normalized: '1.0b0' },
      summary: undefined,
      homePage: undefined,
      author: undefined,
      license: 'GPL',
      description: 'First line\n\n  indented\nsecond form',
      keywords: ['foo', 'bar'],
      classifiers: [],
      requiresPython: undefined,
      requiresDist: [],
      warnings: [],
    });
  });

  test('takes the names of fields in any case', () => {
    const text = 'metadata-VERSION: 2.1\nNAME: foo\nversion: 1\nREQUIRES-dist: bar\nrequires-python: >=3\n';
    expect(parseMetadata(encode(text))).toMatchObject({ requiresDist: ['bar'], requiresPython: '>=3' });
  });

  test.each(['\n', '\r\n', '\r'])('takes %j for a line break', (lineBreak) => {
    const text = metadataText('Requires-Dist: bar', '', 'one', 'two').replaceAll('\n', lineBreak);
    expect(parseMetadata(encode(text))).toMatchObject({ requiresDist: ['bar'], description: 'one\ntwo' });
  });

  test('sees a field behind a lone CR, as clients do', () => {
    expect(parse('Summary: x\rRequires-Dist: evil').requiresDist).toEqual(['evil']);
  });

  test('ends the fields at the first empty line', () => {
    const metadata = parse('', 'Requires-Dist: not read', 'Name: not read');
    expect(metadata.requiresDist).toEqual([]);
    expect(metadata.description).toBe('Requires-Dist: not read\nName: not read');
  });

  test('makes one line of a summary that was folded, and drops control characters', () => {
    expect(parse('Summary: one', '  two\u001b[31m', '\tthree').summary).toBe('one two [31m three');
  });

  test('joins a Requires-Python that was folded', () => {
    expect(parse('Requires-Python: >=3.6,', '  <4').requiresPython).toBe('>=3.6,<4');
  });

  test.each(['1.0', '1.1', '1.2', '2.0', '2.1', '2.2', '2.3', '2.4', '2.5', '2.6'])(
    'reads Metadata-Version %s without a warning',
    (version) => {
      const metadata = parseMetadata(encode(`Metadata-Version: ${version}\nName: foo\nVersion: 1`));
      expect(metadata.warnings).toEqual([]);
    },
  );

  test.each(['2.7', '2.10', '1.3'])('warns of Metadata-Version %s', (version) => {
    const metadata = parseMetadata(encode(`Metadata-Version: ${version}\nName: foo\nVersion: 1`));
    expect(metadata.warnings).toEqual([expect.stringContaining(`Metadata-Version ${version} is newer`)]);
  });

  test.each(['3.0', '10.0', '0.9', '2', '2.x', '2.1.1', '2.1 beta', '٢.١', '2.99999'])(
    'refuses Metadata-Version %s',
    (version) => {
      const bytes = encode(`Metadata-Version: ${version}\nName: foo\nVersion: 1`);
      const error = thrownBy(() => parseMetadata(bytes));
      expect(error.code).toBe('invalid-metadata');
      expect(error.message).toMatch(/Metadata-Version .* is not supported/);
    },
  );

  test.each([
    ['Metadata-Version', 'Name: foo\nVersion: 1'],
    ['Name', 'Metadata-Version: 2.1\nVersion: 1'],
    ['Version', 'Metadata-Version: 2.1\nName: foo'],
    ['Version', 'Metadata-Version: 2.1\nName: foo\nVersion:'],
  ])('refuses metadata without %s', (field, text) => {
    const error = thrownBy(() => parseMetadata(encode(text)));
    expect(error.code).toBe('invalid-metadata');
    expect(error.message).toBe(`${field} is missing`);
  });

  test('refuses the name UNKNOWN, which a build backend writes that was told no name', () => {
    const error = thrownBy(() =>
      parseMetadata(encode('Metadata-Version: 2.1\nName: UNKNOWN\nVersion: 0.0.0')),
    );
    expect(error.message).toBe('Name is UNKNOWN');
  });

  test.each([
    ['Metadata-Version', 'Metadata-Version: 2.4'],
    ['Name', 'name: foo'],
    ['Version', 'Version: 1.0'],
    ['Requires-Python', 'Requires-Python: >=3\nRequires-Python: >=3'],
    ['Summary', 'Summary: a\nSummary: b'],
    ['License', 'License: a\nLicense: b'],
    ['License-Expression', 'License-Expression: MIT\nLicense-Expression: MIT'],
    ['Description', 'Description: a\nDescription: b'],
  ])('refuses a second %s', (field, lines) => {
    const error = refusal(lines);
    expect(error.code).toBe('invalid-metadata');
    expect(error.message).toBe(`${field} is there more than once`);
  });

  test.each([
    ['Requires-Python: >=3.6.*', />=3\.6\.\*/, />=3\.6"/],
    ['Requires-Python: 3.8', /"3\.8"/, />=3\.8/],
    ['Requires-Dist: bar (1.0)', /"bar \(1\.0\)"/, />=/],
    ['Requires-Dist: bar>=1.*', /"bar>=1\.\*"/, />=1"/],
    ['Requires-Dist:', /""/, /PEP 508/],
    ['Requires-Dist: bar;\n  os_name == "x"', /line break/, /PEP 508/],
    ['Provides-Extra: a b', /"a b"/, /ASCII/],
    ['Provides-Extra: <b>', /"<b>"/, /ASCII/],
    ['Dynamic: Version', /"version"/, /build configuration/],
    ['Dynamic: name', /"name"/, /build configuration/],
    ['License-Expression: MIT License', /"MIT License"/, /SPDX/],
    ['License-Expression: MIT\nLicense: MIT License', /exclude each other/, /License-Expression/],
    ['License-File: ../LICENSE', /License-File/, /relative path/],
    ['License-File: a/../../LICENSE', /License-File/, /relative path/],
    ['License-File: /etc/passwd', /License-File/, /relative path/],
    ['License-File: a\\LICENSE', /License-File/, /relative path/],
    ['License-File: C:LICENSE', /License-File/, /relative path/],
    ['License-File: a//b', /License-File/, /relative path/],
    ['License-File: ./b', /License-File/, /relative path/],
    ['License-File: LICEN*', /License-File/, /relative path/],
    ['License-File:', /License-File/, /relative path/],
  ])('refuses %j', (lines, message, fix) => {
    const error = refusal(lines);
    expect(error.code).toBe('invalid-metadata');
    expect(error.message).toMatch(message);
    expect(error.fix).toMatch(fix);
    expect(error.problems).toEqual([]);
  });

  test('leaves license fields alone that are older than their meaning', () => {
    const text =
      'Metadata-Version: 2.1\nName: foo\nVersion: 1\nLicense: MIT\nLicense-Expression: ?\nLicense-File: ../x';
    expect(parseMetadata(encode(text))).toMatchObject({
      license: 'MIT',
      licenseExpression: undefined,
      licenseFiles: [],
    });
  });

  test('warns about a license classifier beside a License-Expression, which some build tools have written', () => {
    const metadata = parse('License-Expression: MIT', 'Classifier: License :: OSI Approved :: MIT License');
    expect(metadata.licenseExpression).toBe('MIT');
    expect(metadata.warnings).toEqual([expect.stringMatching(/exclude each other/)]);
  });

  test('takes a License that repeats the License-Expression', () => {
    const metadata = parse('License: MIT', 'License-Expression: MIT');
    expect(metadata).toMatchObject({ license: 'MIT', licenseExpression: 'MIT', warnings: [] });
  });

  test('reports all problems at once', () => {
    const error = thrownBy(() =>
      parseMetadata(
        encode(
          'Metadata-Version: 9.0\nName: -\nVersion: x\nRequires-Python: 3\nRequires-Dist: ?\nRequires-Dist: ok',
        ),
      ),
    );
    expect(error.code).toBe('invalid-metadata');
    expect(error.problems.map(({ code }) => code)).toEqual(Array(5).fill('invalid-metadata'));
    expect(error.problems.map(({ message }) => message.split(' ')[0])).toEqual([
      'Metadata-Version',
      'Name:',
      'Version:',
      'Requires-Python:',
      'Requires-Dist:',
    ]);
  });

  test('reports a bounded number of problems', () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `Requires-Dist: ?${index}`);
    expect(refusal(...lines).problems).toHaveLength(50);
  });
});

describe('sdistMetadataIsReliable', () => {
  test.each([
    ['2.1', [], false],
    ['1.2', [], false],
    ['2.2', [], true],
    ['2.6', [], true],
    ['2.10', [], true],
    ['2.2', ['License-File', 'Summary'], true],
    ['2.2', ['Requires-Dist'], false],
    ['2.4', ['summary', 'REQUIRES-PYTHON'], false],
    ['2.6', ['Provides-Extra'], false],
  ])('of Metadata-Version %s with %j dynamic is %s', (version, dynamic, isReliable) => {
    const lines = dynamic.map((field) => `Dynamic: ${field}\n`).join('');
    const metadata = parseMetadata(encode(`Metadata-Version: ${version}\nName: foo\nVersion: 1\n${lines}`));
    expect(sdistMetadataIsReliable(metadata)).toBe(isReliable);
  });
});
