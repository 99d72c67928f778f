import type { Client } from './client.ts';
import { netrc } from './netrc.ts';
import { pdm } from './pdm.ts';
import { pip } from './pip.ts';
import { poetry } from './poetry.ts';
import { twine } from './twine.ts';
import { uv } from './uv.ts';

/** Every client, by its name on the command line. */
export const CLIENTS: ReadonlyMap<string, Client> = new Map(
  Object.entries({ pip, uv, poetry, pdm, netrc, twine }),
);
