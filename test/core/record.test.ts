import { describe, expect, it } from 'vitest';
import { normalizeName } from '../../core/names.ts';
import { parseRecord, serializeRecord, type ProjectRecord } from '../../core/record.ts';
import { parseSettings, serializeSettings } from '../../core/settings.ts';
import { decode, encode } from '../support/bytes.ts';

const FOO = normalizeName('foo');
const RECORD: ProjectRecord = {
  name: FOO,
  serial: 3,
  status: { status: 'archived', reason: 'moved' },
  files: [
    {
      filename: 'foo-1.0-py3-none-any.whl',
      kind: 'wheel',
      version: '1.0',
      size: 5,
      sha256: 'ab'.repeat(32),
      generation: 1,
      uploadTime: '2026-01-02T03:04:05.678Z',
      requiresPython: '>=3.8',
      metadataSha256: 'cd'.repeat(32),
      yanked: 'broken',
    },
  ],
  tombstones: [
    {
      filename: 'foo-0.9.tar.gz',
      version: '0.9',
      sha256: 'ef'.repeat(32),
      generation: 2,
      metadata: false,
      cause: 'deleted',
    },
  ],
  listPending: 'status',
};

const json = (): Record<string, unknown> =>
  JSON.parse(decode(serializeRecord(RECORD))) as Record<string, unknown>;
const parse = (value: unknown) => parseRecord(encode(JSON.stringify(value)), FOO, 'records/default/foo.json');

/** The JSON of the record with one field of it, given by its path, replaced or taken away. */
function damaged(path: string, value: unknown): unknown {
  const copy = json();
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let place = copy as Record<string, unknown>;
  for (const step of steps) place = place[step] as Record<string, unknown>;
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

describe('a record', () => {
  it('comes back as it was kept, in the same bytes each time', () => {
    const bytes = serializeRecord(RECORD);
    const parsed = parseRecord(bytes, FOO, 'key');
    expect(parsed).toEqual(RECORD);
    expect(serializeRecord(parsed)).toEqual(bytes);
  });

  it.each([
    ['format', 2],
    ['name', 'bar'],
    ['serial', -1],
    ['serial', 0],
    ['serial', 1.5],
    ['serial', '3'],
    ['serial', undefined],
    ['status', 'active'],
    ['status.status', 'gone'],
    ['status.reason', ''],
    ['files', {}],
    ['files', undefined],
    ['files.0', null],
    ['files.0.filename', '../../etc/passwd'],
    ['files.0.filename', 'a\nb'],
    ['files.0.filename', '.hidden'],
    ['files.0.filename', undefined],
    ['files.0.kind', 'egg'],
    ['files.0.version', 'not a version'],
    ['files.0.size', null],
    ['files.0.sha256', 'AB'.repeat(32)],
    ['files.0.sha256', '../x'],
    ['files.0.generation', '1'],
    ['files.0.generation', 0],
    ['files.1', (json()['files'] as unknown[])[0]],
    ['files.0.version', '1.0\n'],
    ['files.0.version', 'v1.0'],
    ['files.0.uploadTime', '2024-99-99T99:99:99Z'],
    ['files.0.uploadTime', 'yesterday'],
    ['files.0.uploadTime', null],
    ['files.0.metadataSha256', 'x'],
    ['files.0.requiresPython', ''],
    ['files.0.yanked', null],
    ['files.0.yanked', ''],
    ['tombstones.0.cause', 'lost'],
    ['tombstones.0.metadata', 'perhaps'],
    ['listPending', 'yes'],
  ])('with %s = %j is refused, and never taken for an empty one', (path, value) => {
    expect(() => parse(damaged(path, value))).toThrow(
      expect.objectContaining({ code: 'corrupt-record', value: 'records/default/foo.json' }),
    );
  });

  it.each([
    ['', ''],
    ['{', '{'],
    ['HTML', '<html>'],
    ['null', 'null'],
    ['a list', '[]'],
    ['Latin-1', '\xff'],
  ])('that is %s is refused', (_title, text) => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    expect(() => parseRecord(bytes, FOO, 'key')).toThrow(expect.objectContaining({ code: 'corrupt-record' }));
  });

  it('is not fooled by names of JavaScript', () => {
    expect(() => parse({ __proto__: json() })).toThrow(expect.objectContaining({ code: 'corrupt-record' }));
    expect(() => parse(damaged('status.status', 'constructor'))).toThrow();
  });
});

describe('the settings of a repository', () => {
  it('come back as they were kept', () => {
    const settings = { serial: 4, quarantined: [normalizeName('bar'), FOO] };
    expect(parseSettings(serializeSettings(settings))).toEqual(settings);
  });

  it.each([
    '{}',
    '{"format":1}',
    '{"format":1,"serial":1,"indexes":{"default":{"quarantined":["../x"]}}}',
    'null',
  ])('%s are refused', (text) => {
    expect(() => parseSettings(encode(text))).toThrow(expect.objectContaining({ code: 'corrupt-record' }));
  });
});
