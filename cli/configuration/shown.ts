import { endpointWithoutSecrets } from '../../stores/s3/endpoint.ts';
import type { Configuration } from './configuration.ts';
import { SETTINGS, type SettingName } from '../settings.ts';
import { isUrl } from '../store-url.ts';
import type { Value } from './values.ts';

/** A value as it may be printed: a table in one line, and an address without what could be a secret. */
export function shownValue(name: SettingName, value: Value): string {
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([argument, text]) => `${argument}=${text}`)
      .join(',');
  }
  const text = String(value);
  return name === 's3EndpointUrl' || isUrl(text) ? endpointWithoutSecrets(text) : text;
}

/** With `--verbose`: which file was read, and what somebody has said of the repository, and where. */
export function explainConfiguration(
  { file, settings }: Configuration,
  explain: (line: string) => void,
): void {
  explain(`configuration file: ${file ?? 'none'}`);
  for (const { name, key } of SETTINGS) {
    const found = settings.get(name);
    if (found !== undefined) explain(`${key}: ${shownValue(name, found.value)} (${found.origin})`);
  }
}
