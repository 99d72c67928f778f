import { quote } from './errors.ts';
import { parseLicenseExpression } from './licenses.ts';
import type { MetadataFields } from './metadata-fields.ts';

/** What PEP 639 added to core metadata. */
export interface Licensing {
  readonly licenseExpression: string | undefined;
  readonly licenseFiles: readonly string[];
}

/**
 * Reads the license fields by PEP 639. Build backends wrote fields of these names with other meanings
 * before metadata 2.4; those are left alone.
 */
export function licensingOf(fields: MetadataFields, isDefined: boolean): Licensing {
  if (!isDefined) return { licenseExpression: undefined, licenseFiles: [] };
  const licenseFiles = fields.all('License-File');
  for (const path of licenseFiles) checkLicenseFile(fields, path);
  const expression = fields.single('License-Expression');
  if (expression === undefined) return { licenseExpression: undefined, licenseFiles };
  checkExclusive(fields, expression);
  const licenseExpression = fields.parsed('License-Expression', () => parseLicenseExpression(expression));
  return { licenseExpression, licenseFiles };
}

// PEP 639: an expression excludes both of the older ways to name a license, but for a License that
// repeats it word for word.
function checkExclusive(fields: MetadataFields, expression: string): void {
  const license = fields.single('License');
  if (license !== undefined && license !== expression) {
    fields.refuse('License and License-Expression exclude each other', {
      value: license,
      fix: 'Keep License-Expression.',
    });
  }
  const classifier = fields.all('Classifier').find((value) => value.startsWith('License ::'));
  // PEP 639 has build tools refuse this. Not all did, and what they built is published everywhere.
  if (classifier !== undefined) {
    fields.warnings.push(
      `The classifier ${quote(classifier)} and License-Expression exclude each other; keep License-Expression.`,
    );
  }
}

// PEP 639: paths are relative, delimited by "/", resolved, and without parent directory indicators.
function checkLicenseFile(fields: MetadataFields, path: string): void {
  const segments = path.split('/');
  const isSafe = !/^[A-Za-z]:|[\\*\p{Cc}]/u.test(path);
  if (isSafe && !segments.some((segment) => ['', '.', '..'].includes(segment))) return;
  fields.refuse(`License-File: ${quote(path)} is not the path of a file below the project`, {
    value: path,
    fix: 'Give a relative path with "/" between its parts and without "..".',
  });
}
