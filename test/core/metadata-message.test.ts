import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import { parseMetadataMessage } from '../../core/metadata-message.ts';
import { parseMetadata } from '../../core/metadata.ts';
import { askPackaging, describeWithPython } from '../support/python.ts';
import { encode, metadataText, parse, refusal } from './metadata-text.ts';
import { samplesOf } from './samples.ts';
import { HOSTILE_TEXTS, thrownBy } from './thrown.ts';

describe('metadata that cannot be taken apart', () => {
  test('is refused where a line is neither a field nor a continuation', () => {
    const error = refusal('Summary: x', 'no field', 'Requires-Dist: bar');
    expect(error.code).toBe('invalid-metadata');
    expect(error.message).toMatch(/^Line 5 .*"no field"/);
  });

  test.each([
    [' continued', 1],
    ['From someone\nName: foo', 1],
    ['Name : foo', 1],
    ['Name: foo\n: x', 2],
    ['Name: foo\nNäme: x', 2],
    ['\ufeffMetadata-Version: 2.1', 1],
    ['<html>', 1],
    ['PK\u0003\u0004', 1],
  ])('is refused as %j', (text, line) => {
    const error = thrownBy(() => parseMetadata(encode(text)));
    expect(error.code).toBe('invalid-metadata');
    expect(error.message).toContain(`Line ${line} of`);
  });

  test.each([
    { what: 'Latin-1', bytes: [0x41, 0xe9, 0x42], offset: 1 },
    { what: 'a character that ends too early', bytes: [0x41, 0xc3], offset: 1 },
    { what: 'a surrogate', bytes: [0xed, 0xa0, 0x80], offset: 0 },
    { what: 'an overlong form', bytes: [0xc0, 0xaf], offset: 0 },
    {
      what: 'a byte after a real replacement character',
      bytes: [0xc5, 0xbd, 0xef, 0xbf, 0xbd, 0xff],
      offset: 5,
    },
    { what: 'UTF-16', bytes: [0xff, 0xfe, 0x4d, 0x00], offset: 0 },
  ])('is refused for $what, with the offset', ({ bytes, offset }) => {
    const start = encode('Summary: ');
    const error = thrownBy(() => parseMetadata(Uint8Array.from([...start, ...bytes])));
    expect(error.code).toBe('invalid-metadata');
    expect(error.message).toContain(`the byte at offset ${start.length + offset} `);
    expect(error.fix).toMatch(/UTF-8/);
  });

  test('is refused in another encoding in the description too', () => {
    const text = encode(metadataText('', 'description '));
    const error = thrownBy(() => parseMetadata(Uint8Array.from([...text, 0xfc])));
    expect(error.message).toContain(`the byte at offset ${text.length} `);
  });

  test('is refused where it is too large, or has too many fields', () => {
    expect(thrownBy(() => parseMetadata(new Uint8Array(16 * 1024 * 1024 + 1))).message).toMatch(
      /larger than/,
    );
    const many = encode('Classifier: x\n'.repeat(20_001));
    expect(thrownBy(() => parseMetadata(many)).message).toMatch(/more than 20000 fields/);
  });

  test('may have one very long field, of one line or of many', () => {
    const long = 'x'.repeat(1_000_000);
    expect(parse(`Description: ${long}`).description).toBe(long);
    const folded = parse(`Description: x${'\n        x'.repeat(100_000)}`).description;
    expect(folded).toBe(`x${'\nx'.repeat(100_000)}`);
  });

  test('ends as invalid-metadata, whatever it is', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .tuple(fc.constantFrom('Name', 'Version', 'Requires-Dist', 'Requires-Python', 'Summary'), fc.string())
        .map(([name, value]) => `${name}: ${value}`),
    );
    fc.assert(
      fc.property(fc.array(line), fc.uint8Array({ maxLength: 20 }), (lines, tail) => {
        try {
          parseMetadata(Uint8Array.from([...encode(metadataText(...lines)), ...tail]));
        } catch (error) {
          if (!(error instanceof WheelstoreError)) throw error;
          expect(error.code).toBe('invalid-metadata');
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each(HOSTILE_TEXTS)('ends as invalid-metadata with the name and version of $what', ({ text }) => {
    for (const field of ['Name', 'Version', 'Metadata-Version']) {
      const bytes = encode(`${field}: ${text}x y\nSummary: z`);
      expect(thrownBy(() => parseMetadata(bytes)).code).toBe('invalid-metadata');
    }
  });
});

describeWithPython('metadata compared with email.parser', () => {
  test('has the same fields and the same body', () => {
    const lines = fc.array(
      fc.tuple(
        fc.constantFrom(
          'A: x',
          'B:y',
          'a:  z ',
          ' more',
          '\tmore',
          '  ',
          'C:',
          'D: é:ü',
          'E: \u2028\u000b\u0085',
          '',
        ),
        fc.constantFrom('\n', '\n', '\r\n', '\r'),
      ),
      { maxLength: 8 },
    );
    const texts = samplesOf(lines, 3000)
      .map((pairs) => pairs.map(([line, lineBreak]) => line + lineBreak).join(''))
      // `email` guesses what a continuation of nothing is; it is refused here.
      .filter((text) => !/^[ \t]/.test(text));
    const withLf = (text: string) => text.replace(/\r\n?/g, '\n');
    const ours = texts.map((text) => {
      const { fields, body } = parseMetadataMessage(encode(text));
      const trimmed = [...fields].map(([name, values]) => [name, values.map((value) => value.trim())]);
      return [text, Object.fromEntries(trimmed), withLf(body)];
    });
    const script = `
import email.parser, email.policy
parser = email.parser.Parser(policy=email.policy.compat32)
def read(text):
    message = parser.parsestr(text)
    names = {name.lower() for name in message.keys()}
    return [text, {name: message.get_all(name) for name in names}, message.get_payload()]
answer([read(text) for text in data])
`;
    const theirs = (askPackaging(script, texts) as [string, Record<string, string[]>, string][]).map(
      ([text, fields, body]) => {
        const trimmed = Object.entries(fields).map(([name, values]) => [
          name,
          values.map((value) => withLf(value).trim()),
        ]);
        return [text, Object.fromEntries(trimmed), withLf(body)];
      },
    );
    expect(ours).toEqual(theirs);
  });
});
