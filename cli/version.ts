declare const __WHEELSTORE_VERSION__: string | undefined;

/** From package.json; the bundler puts it in. */
export const VERSION = typeof __WHEELSTORE_VERSION__ === 'string' ? __WHEELSTORE_VERSION__ : 'development';
