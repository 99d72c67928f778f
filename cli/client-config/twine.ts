import type { Client } from './client.ts';

/** Publishing goes to the folder or the bucket itself; over HTTP there is nobody who could take an upload. */
export const twine: Client = {
  takes: [],
  parts: () => [
    {
      kind: 'other',
      title: [
        'twine: the index consists of files, and takes no uploads over HTTP, so there is nothing to set up.',
        'What publishes instead, with --stack, --bucket or --store for where:',
      ],
      lines: ['twine check --strict dist/*', 'wheelstore upload dist/*'],
    },
  ],
  file: {
    none: 'The index takes no uploads over HTTP, so there is nothing to be written for twine',
  },
};
