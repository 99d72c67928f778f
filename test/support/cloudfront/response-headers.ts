import { Fields } from './fields.ts';
import type { PolicyHeader } from './model.ts';

/** How each part of a policy becomes a header. */
const SECURITY: Readonly<Record<string, (fields: Fields) => readonly [name: string, value: string]>> = {
  ContentSecurityPolicy: (fields) => ['content-security-policy', fields.text('ContentSecurityPolicy')],
  ContentTypeOptions: () => ['x-content-type-options', 'nosniff'],
  FrameOptions: (fields) => ['x-frame-options', fields.text('FrameOption')],
  ReferrerPolicy: (fields) => ['referrer-policy', fields.text('ReferrerPolicy')],
  StrictTransportSecurity: (fields) => [
    'strict-transport-security',
    [
      `max-age=${fields.number('AccessControlMaxAgeSec')}`,
      ...(fields.truth('IncludeSubdomains') ? ['includeSubDomains'] : []),
    ].join('; '),
  ],
};

/** The headers that a policy puts on answers. */
export function readHeadersPolicy(fields: Fields): PolicyHeader[] {
  const config = fields.object('ResponseHeadersPolicyConfig');
  config.ignore('Name', 'Comment');
  const headers = [
    ...(config.has('SecurityHeadersConfig') ? readSecurity(config.object('SecurityHeadersConfig')) : []),
    ...(config.has('CustomHeadersConfig') ? readCustom(config.object('CustomHeadersConfig')) : []),
  ];
  config.end();
  fields.end();
  return headers;
}

function readSecurity(config: Fields): PolicyHeader[] {
  const headers: PolicyHeader[] = [];
  for (const [part, read] of Object.entries(SECURITY)) {
    if (!config.has(part)) continue;
    const fields = config.object(part);
    const [name, value] = read(fields);
    headers.push({ name, value, override: fields.truth('Override') });
    fields.end();
  }
  config.end();
  return headers;
}

function readCustom(config: Fields): PolicyHeader[] {
  const headers = config.list('Items').map((item) => {
    const fields = new Fields(item, 'CustomHeader');
    const name = fields.text('Header').toLowerCase();
    const header = { name, value: fields.text('Value'), override: fields.truth('Override') };
    fields.end();
    return header;
  });
  config.end();
  return headers;
}
