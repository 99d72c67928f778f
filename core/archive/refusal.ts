import { WheelstoreError } from '../errors.ts';

/** The next step where bytes are missing or altered. */
export const DAMAGED = 'Build or download the file again; it is damaged or was cut off.';

/** The next step where a standard tool would have written something else. */
export const NONSTANDARD =
  'Build the file again with a standard tool such as "python -m build", and do not edit the archive afterwards.';

/** The next step where the archive seems made to do harm. */
export const SUSPICIOUS = 'Do not install this file; find out where it comes from.';

/** The error for every archive that is not accepted. `value` is the offending name or number. */
export function refusal(message: string, fix: string, value?: string): WheelstoreError {
  return new WheelstoreError('invalid-archive', message, { value, fix });
}
