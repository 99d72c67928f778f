import { WheelstoreError } from '../../core/errors.ts';

/** Has an error of `read` begin with what it is about: a flag, a variable, a key. */
export function naming<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof WheelstoreError ? withOrigin(name, error) : error;
  }
}

/** The same error, beginning with where it is. */
export function withOrigin(origin: string, error: WheelstoreError): WheelstoreError {
  const { code, message, value, fix, cause } = error;
  return new WheelstoreError(code, `${origin}: ${message}`, {
    cause,
    ...(value === undefined ? {} : { value }),
    ...(fix === undefined ? {} : { fix }),
  });
}
