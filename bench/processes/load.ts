// Puts load on a server, and says what came of it.
import type { Load } from '../frame/load.ts';
import { putLoad } from './put-load.ts';

process.on('message', (load: Load) => {
  putLoad(load).then(
    (loaded) => process.send?.(loaded),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
