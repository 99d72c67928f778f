/** What runtime 2.0 of CloudFront Functions has beside the language. */
declare module 'cloudfront' {
  /** A store of small values; each edge location has its own copy. */
  interface KeyValueStore {
    /** Rejects where there is no such key, and where reading fails. */
    get(key: string): Promise<string>;
    exists(key: string): Promise<boolean>;
  }

  const cloudfront: {
    /** The one that the function is associated with. */
    kvs(): KeyValueStore;
  };
  export default cloudfront;
}
