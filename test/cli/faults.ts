/** What happens to a process that comes to a chosen step. */
export type Fault = 'SIGKILL' | 'SIGINT' | 'ENOSPC' | 'EIO';

/**
 * Options for node that count every change which a process makes to a file or folder, and at change
 * number `step` (from 1), before it is made, kill or interrupt the process, or let the change fail. So
 * a command can be stopped at every point, one after the other, where chance would find only some.
 * Step 0 does nothing but print the number of changes at the end, as `steps: 12`, to stderr.
 */
export function faultAt(step: number, fault: Fault): string[] {
  return ['--import', `data:text/javascript,${encodeURIComponent(scriptOf(step, fault))}`];
}

/** The number of steps that a process with `faultAt(0, ...)` has printed. */
export function stepsIn(stderr: string): number {
  return Number(/^steps: (\d+)$/m.exec(stderr)?.[1]);
}

/** Some of the steps from 1 to `last`: about `count`, the first and the last among them. */
export function someSteps(last: number, count: number): number[] {
  const steps = Array.from({ length: count }, (_, index) =>
    Math.round(1 + (index * (last - 1)) / (count - 1)),
  );
  return [...new Set(steps)];
}

function scriptOf(step: number, fault: Fault): string {
  return `
    import fs from 'node:fs/promises';
    import process from 'node:process';
    import { syncBuiltinESMExports } from 'node:module';

    let count = 0;
    function change() {
      if (++count !== ${step}) return;
      if (${fault.startsWith('SIG')}) process.kill(process.pid, '${fault}');
      else throw Object.assign(new Error('${fault}: as the test wants it'), { code: '${fault}', syscall: 'any' });
    }
    function counting(object, name) {
      const original = object[name];
      object[name] = async function (...words) {
        change();
        return original.apply(this, words);
      };
    }
    for (const name of ['link', 'rename', 'unlink', 'mkdir']) counting(fs, name);
    const open = fs.open;
    let isPatched = false;
    fs.open = async function (path, flags, mode) {
      if (flags === 'wx') change();
      const handle = await open(path, flags, mode);
      if (!isPatched) for (const name of ['writeFile', 'sync']) counting(Object.getPrototypeOf(handle), name);
      isPatched = true;
      return handle;
    };
    syncBuiltinESMExports();
    if (${step} === 0) process.on('exit', () => process.stderr.write('steps: ' + count + '\\n'));
  `;
}
