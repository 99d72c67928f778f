import { endpointWithoutSecrets } from '../../stores/s3/endpoint.ts';
import type { SettingName } from '../settings.ts';
import type { Value } from './values.ts';

/** A value as it may be printed: a table in one line, and an address without what could be a secret. */
export function shownValue(name: SettingName, value: Value): string {
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([argument, text]) => `${argument}=${text}`)
      .join(',');
  }
  return name === 's3EndpointUrl' ? endpointWithoutSecrets(String(value)) : String(value);
}
