/** What of `text` is its scheme, if it is a URL (`s3`), and what is the rest. */
export function splitUrl(text: string): { readonly scheme: string; readonly rest: string } | undefined {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/is.exec(text) ?? [];
  return scheme === undefined ? undefined : { scheme: scheme.toLowerCase(), rest };
}

/** Whether what `--store` takes is no folder. */
export function isUrl(store: string): boolean {
  return splitUrl(store) !== undefined;
}
