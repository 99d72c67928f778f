import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

let isGnuTime: boolean | undefined;

/** GNU time is what tells of a process that has ended already; others know another `-f`, or none. */
function hasGnuTime(): boolean {
  return (isGnuTime ??= spawnSync('/usr/bin/time', ['-f', '%M', 'true']).status === 0);
}

/** In front of a command: writes the peak of its largest process, in KiB, to a file. Nothing without GNU time. */
export function peakOfChildren(report: string): readonly string[] {
  return hasGnuTime() ? ['/usr/bin/time', '-f', '%M', '-o', report] : [];
}

/** What was the most memory that a running process had, in KiB; `undefined` where there is no /proc. */
export function peakOf(pid: number | undefined): number | undefined {
  try {
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes);
  } catch {
    return undefined;
  }
}

/** Has the peak of a running process begin anew, where the system can do so. */
export function forgetPeak(pid: number | undefined): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // The peak of its whole life is told then.
  }
}

/** Why there is no peak where there is none, for the report. */
export function memoryNote(): string | undefined {
  return hasGnuTime() ? undefined : 'peak memory of commands: it needs GNU time at /usr/bin/time';
}
