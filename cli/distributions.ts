import { basename } from 'node:path';
import { inspectDistribution, type Distribution } from '../core/distribution.ts';
import { stopIfAborted, type Environment } from '../core/environment.ts';
import { quote, WheelstoreError } from '../core/errors.ts';
import { mapBounded } from '../core/parallel.ts';
import { rejected, type OverwritePolicy } from '../core/publish-plan.ts';
import { planPublish, type PublishPlan } from '../core/publish.ts';
import { localFile } from '../stores/local-file.ts';
import { expandInputs } from './inputs.ts';
import { MOST_ARCHIVES } from './settings.ts';

/**
 * Checks everything that a command line names, and plans to publish it. Writes nothing.
 *
 * @throws {WheelstoreError} `rejected-files` with every problem: of the arguments, of the files, and with
 *   what is published already; `interrupted`
 */
export async function planInputs(
  environment: Environment,
  inputs: readonly string[],
  policy: OverwritePolicy,
): Promise<PublishPlan> {
  const { paths, problems } = await expandInputs(inputs);
  const inspected = await inspectFiles(environment, paths);
  const distributions = inspected.filter((result): result is Distribution => !Array.isArray(result));
  problems.push(...inspected.filter((result) => Array.isArray(result)).flat());
  try {
    const plan = await planPublish(environment, distributions, policy);
    if (problems.length > 0) throw rejected(problems);
    return plan;
  } catch (error) {
    if (!(error instanceof WheelstoreError) || error.code !== 'rejected-files') throw error;
    throw rejected([...new Set([...problems, ...error.problems])]);
  }
}

/** For each file what it is, or its problems. */
async function inspectFiles(
  environment: Environment,
  paths: readonly string[],
): Promise<(Distribution | WheelstoreError[])[]> {
  const { reporter, jobs } = environment;
  reporter.emit({ type: 'checking', files: paths.length });
  const inspected = await mapBounded(paths, Math.min(jobs, MOST_ARCHIVES), async (path) => {
    stopIfAborted(environment);
    try {
      return await inspectDistribution(basename(path), await localFile(path));
    } catch (error) {
      if (error instanceof WheelstoreError) return withPath(path, error);
      throw error;
    } finally {
      reporter.emit({ type: 'checked' });
    }
  });
  // In the order of the files, not that in which their checks have ended.
  for (const result of inspected) {
    if (Array.isArray(result)) continue;
    const { filename: subject, warnings } = result;
    for (const message of warnings) reporter.emit({ type: 'warning', subject, message });
  }
  return inspected;
}

/** The problems of one file, each naming the file. */
function withPath(path: string, error: WheelstoreError): WheelstoreError[] {
  const problems = error.problems.length > 0 ? error.problems : [error];
  return problems.map(({ code, message, value, fix, cause }) => {
    const isNamed = [path, basename(path)].some((name) => message.includes(quote(name)));
    return new WheelstoreError(code, isNamed ? message : `${quote(path)}: ${message}`, {
      cause,
      ...(value === undefined ? {} : { value }),
      ...(fix === undefined ? {} : { fix }),
    });
  });
}
