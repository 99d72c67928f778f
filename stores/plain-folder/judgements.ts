import { WheelstoreError } from '../../core/errors.ts';
import type { CheckedFile, Stamp } from '../../core/plain-folder/checked-file.ts';
import { judge, type Judgement, type Judging } from './judge.ts';
import { isLikelySame } from '../file-state.ts';
import type { FoundFile } from './walk.ts';

/** The check of a file that was found. It runs once, whoever asks for it, and however often. */
export interface Task {
  readonly stamp: Stamp;
  readonly run: () => Promise<void>;
}

/** What is known of the files of a folder, and what is being found out. */
export class Judgements {
  readonly #judging: Judging;
  readonly #tasks = new Map<string, Task>();
  #judged: Map<string, Judgement>;
  #hasChanged = true;

  /** @param remembered what was found out before, by path; it holds for files with the same stamp */
  constructor(judging: Judging, remembered: ReadonlyMap<string, CheckedFile>) {
    this.#judging = judging;
    const known = [...remembered].map(([path, result]): [string, Judgement] => {
      return [path, { stamp: result.stamp, changed: 0, result, isFinal: true }];
    });
    this.#judged = new Map(known);
  }

  /**
   * Takes in what is in the folder now. What is gone or has other bytes is forgotten; what seems to be the
   * same is not, until its check says otherwise.
   *
   * @returns the checks that somebody has to run
   */
  take(files: readonly FoundFile[]): Task[] {
    const judged = new Map<string, Judgement>();
    const tasks: Task[] = [];
    const paths = new Set<string>();
    for (const file of files) {
      const { path, state } = file;
      paths.add(path);
      const known = this.#judged.get(path);
      if (known !== undefined && isLikelySame(known.stamp, state.stamp)) judged.set(path, known);
      if (known?.isFinal === true && known.stamp === state.stamp) continue;
      if (this.#tasks.get(path)?.stamp !== state.stamp) tasks.push(this.#taskFor(file));
    }
    for (const path of this.#tasks.keys()) if (!paths.has(path)) this.#tasks.delete(path);
    this.#hasChanged ||= judged.size < this.#judged.size;
    this.#judged = judged;
    return tasks;
  }

  /** Whether the stamp of the file at `path` stands for its bytes. */
  isFinal(path: string): boolean {
    return this.#judged.get(path)?.isFinal === true;
  }

  /** Sees to it that what is to be found out of the file at `path` is known. */
  async finish(path: string): Promise<void> {
    await this.#tasks.get(path)?.run();
  }

  /** Whether anything is another since the last call. */
  takeChange(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  /** The files that have passed. */
  checked(): CheckedFile[] {
    return [...this.#judged.values()].map(({ result }) => result).filter(isChecked);
  }

  /** Those of them that are known for as long as they have the same stamp. */
  known(): CheckedFile[] {
    const final = [...this.#judged.values()].filter(({ isFinal }) => isFinal);
    return final.map(({ result }) => result).filter(isChecked);
  }

  /** The files that have not passed, by path. */
  rejected(): { readonly path: string; readonly changed: number; readonly error: WheelstoreError }[] {
    return [...this.#judged].flatMap(([path, { changed, result }]) => {
      return isChecked(result) ? [] : [{ path, changed, error: result }];
    });
  }

  #taskFor(file: FoundFile): Task {
    let running: Promise<void> | undefined;
    const task = { stamp: file.state.stamp, run: () => (running ??= this.#check(file, task)) };
    this.#tasks.set(file.path, task);
    return task;
  }

  async #check(file: FoundFile, task: Task): Promise<void> {
    const { path } = file;
    // What has been found meanwhile goes before this.
    const isAsked = (): boolean => this.#tasks.get(path) === task && !this.#judging.signal.aborted;
    if (!isAsked()) return;
    try {
      const judgement = await judge(this.#judging, file);
      if (!isAsked()) return;
      if (judgement === undefined) this.#judged.delete(path);
      else this.#judged.set(path, judgement);
      this.#hasChanged = true;
    } finally {
      if (isAsked()) this.#tasks.delete(path);
    }
  }
}

function isChecked(result: Judgement['result']): result is CheckedFile {
  return !(result instanceof WheelstoreError);
}
