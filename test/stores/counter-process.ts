// Increments a counter in a directory store as often as it is told, and says so each time.
import process from 'node:process';
import { DirectoryStore } from '../../stores/directory.ts';
import { decode, encode, HEADERS } from '../support/bytes.ts';

const [root = '', key = '', times = '0'] = process.argv.slice(2);
const store = new DirectoryStore(root);

for (let done = 0; done < Number(times);) {
  const found = await store.get(key);
  const next = Number(decode(found?.body ?? encode('0'))) + 1;
  const { outcome } = await store.replace(key, encode(String(next)), found?.etag, HEADERS);
  if (outcome === 'lost') continue;
  done++;
  process.stdout.write(`${next}\n`);
}
