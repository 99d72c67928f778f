import type { EdgeDecision } from '../../core/edge/decide.ts';

/** What clients do, in the words of pypiserver: read pages, read files, and upload. */
export const ACTIONS = ['list', 'download', 'update'] as const;

export type Action = (typeof ACTIONS)[number];

/**
 * Whether an answer is for those with credentials alone, where these actions are protected. It goes by
 * the decision, never by the path as it was sent: however a path is spelled, it is what it leads to.
 */
export function isProtected(decision: EdgeDecision, actions: ReadonlySet<Action>): boolean {
  // Made from the request alone: it tells nothing of what there is.
  if (decision.kind === 'redirect') return false;
  if (decision.kind === 'rewrite')
    return actions.has(decision.path.startsWith('/files/') ? 'download' : 'list');
  if (decision.status === 405) return actions.has('update');
  // Only pages are negotiated.
  if (decision.status === 406) return actions.has('list');
  // It belongs to no action; who may not read everything is not told either.
  return actions.has('list') || actions.has('download');
}
