// Runs in a thread of its own: see bcrypt-threads.ts. In JavaScript, because Node starts threads from
// nothing else.
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

parentPort?.on('message', ({ password, hashes }) => {
  // All of them, whatever the first one comes to.
  const verdicts = hashes.map((/** @type {string} */ hash) => compareSync(password, hash));
  parentPort?.postMessage(verdicts[0]);
});
