import { quote, WheelstoreError } from './errors.ts';

/** The header block and the body of a METADATA or PKG-INFO file. */
export interface MetadataMessage {
  /** Lower-case field names to their values in order; folded values keep their line breaks as `\n`. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** What follows the first empty line. */
  readonly body: string;
}

// The longest metadata on public indexes is a few megabytes of description.
const LARGEST_METADATA = 16 * 1024 * 1024;
const MOST_FIELDS = 20_000;

const LINE = /([^\r\n]*)(?:\r\n|\r|\n|$)/y;
const CONTINUATION = /^[ \t]/;
const FIELD = /^(?<name>[!-9;-~]+):(?<value>.*)$/s;

const REPLACEMENT_CHARACTER = '\ufffd';
const ENCODED_REPLACEMENT = [0xef, 0xbf, 0xbd];

/**
 * Takes metadata apart as Python's `email` does (core metadata: the practical standard is what
 * `email.parser` reads with the compat32 policy), a lone CR as a line break included; but strictly
 * UTF-8, and with an error where `email` guesses.
 *
 * @throws {WheelstoreError} `invalid-metadata`
 */
export function parseMetadataMessage(bytes: Uint8Array): MetadataMessage {
  if (bytes.length > LARGEST_METADATA) {
    const fix = 'Shorten the description.';
    throw invalidMessage(`The metadata is larger than ${LARGEST_METADATA} bytes`, fix);
  }
  const text = decode(bytes);
  const fields = new Map<string, string[]>();
  let current: string[] | undefined;
  let position = 0;
  let count = 0;
  for (let number = 1; position < text.length; number++) {
    LINE.lastIndex = position;
    const [whole = '', line = ''] = LINE.exec(text) ?? [];
    position += whole.length;
    if (line === '') break;
    if (CONTINUATION.test(line) && current !== undefined) {
      current.push(`${current.pop()}\n${line}`);
      continue;
    }
    current = addField(fields, line, number);
    if (++count > MOST_FIELDS) throw invalidMessage(`The metadata has more than ${MOST_FIELDS} fields`);
  }
  return { fields, body: text.slice(position) };
}

/** Starts the field of `line`, and returns all values of that field. */
function addField(fields: Map<string, string[]>, line: string, number: number): string[] {
  const { name, value } = FIELD.exec(line)?.groups ?? {};
  if (name === undefined || value === undefined) {
    throw invalidMessage(
      `Line ${number} of the metadata is neither a field nor the continuation of one: ${quote(line, 60)}`,
    );
  }
  const key = name.toLowerCase();
  const values = fields.get(key) ?? [];
  fields.set(key, values);
  values.push(value);
  return values;
}

// A byte order mark is no part of a field's name, so it is not dropped but ends as an error.
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new WheelstoreError(
      'invalid-metadata',
      `The metadata is not UTF-8: the byte at offset ${firstInvalidOffset(bytes)} is wrong`,
      { fix: 'Save what the metadata is made from as UTF-8, and build the distribution again.', cause },
    );
  }
}

/** Where UTF-8 ends: the first replacement character that the bytes themselves do not have. */
function firstInvalidOffset(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const encoder = new TextEncoder();
  let offset = 0;
  let from = 0;
  for (;;) {
    const at = text.indexOf(REPLACEMENT_CHARACTER, from);
    offset += encoder.encode(text.slice(from, at)).length;
    if (ENCODED_REPLACEMENT.some((byte, index) => bytes[offset + index] !== byte)) return offset;
    offset += ENCODED_REPLACEMENT.length;
    from = at + 1;
  }
}

function invalidMessage(message: string, fix = 'Build the distribution again.'): WheelstoreError {
  return new WheelstoreError('invalid-metadata', message, { fix });
}
