import { Writable } from 'node:stream';
import type { Terminal } from '../../cli/terminal.ts';

class Recorder extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A terminal whose two streams keep what is written to them. */
export function recordingTerminal(isInteractive = false, isDebugging = false) {
  const [out, err] = [new Recorder(), new Recorder()];
  const terminal: Terminal = {
    out: { stream: out, hasColors: false },
    err: { stream: err, hasColors: false },
    isInteractive,
    isDebugging,
  };
  return { terminal, out, err };
}
