import { quote } from '../errors.ts';
import { decodeName } from './member-path.ts';
import { DAMAGED, NONSTANDARD, refusal } from './refusal.ts';
import { Fields, sameBytes } from './fields.ts';

const ZIP64_ID = 0x0001;
const UNICODE_PATH_ID = 0x7075;

/** What a 32-bit field holds when the ZIP64 extra field has the value. */
export const ELSEWHERE_32 = 0xffffffff;

/**
 * The values of the ZIP64 extended information (APPNOTE 4.5.3), or undefined where there is none.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export function zip64Values(extra: Uint8Array, name: Uint8Array): readonly number[] | undefined {
  let values: number[] | undefined;
  for (const { id, data } of extraFields(extra, name)) {
    if (id === UNICODE_PATH_ID) checkUnicodePath(data, name);
    if (id !== ZIP64_ID) continue;
    if (values || data.length % 8 !== 0 || data.length > 24) throw badExtra(name);
    const fields = new Fields(data);
    values = Array.from({ length: data.length / 8 }, (_, index) => fields.u64(index * 8));
  }
  return values;
}

function* extraFields(extra: Uint8Array, name: Uint8Array): Generator<{ id: number; data: Uint8Array }> {
  const fields = new Fields(extra);
  let at = 0;
  while (at < extra.length) {
    if (at + 4 > extra.length) throw badExtra(name);
    const end = at + 4 + fields.u16(at + 2);
    if (end > extra.length) throw badExtra(name);
    yield { id: fields.u16(at), data: extra.subarray(at + 4, end) };
    at = end;
  }
}

/** APPNOTE 4.6.9: a second name for the member, which some tools prefer over the first. */
function checkUnicodePath(data: Uint8Array, name: Uint8Array): void {
  if (sameBytes(data.subarray(5), name)) return;
  const shown = decodeName(name);
  throw refusal(`Member ${quote(shown)} has a second name in an extra field`, NONSTANDARD, shown);
}

function badExtra(name: Uint8Array): Error {
  const shown = decodeName(name);
  return refusal(`The extra fields of member ${quote(shown)} are malformed`, DAMAGED, shown);
}
