import { parseMetadata, type CoreMetadata } from '../../core/metadata.ts';
import type { WheelstoreError } from '../../core/errors.ts';
import { thrownBy } from './thrown.ts';

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Metadata with the fields that are required, and these lines after them. */
export function metadataText(...lines: string[]): string {
  return ['Metadata-Version: 2.4', 'Name: foo', 'Version: 1.0', ...lines].join('\n');
}

export function parse(...lines: string[]): CoreMetadata {
  return parseMetadata(encode(metadataText(...lines)));
}

export function refusal(...lines: string[]): WheelstoreError {
  return thrownBy(() => parse(...lines));
}
