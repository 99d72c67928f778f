import { quote, WheelstoreError } from '../core/errors.ts';
import { type Action, ACTIONS } from '../server/access/actions.ts';

/**
 * What `--authenticate` names: pypiserver's actions, separated by commas, in any case.
 *
 * @throws {WheelstoreError} `usage`
 */
export function parseActions(text: string): ReadonlySet<Action> {
  const words = text
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '');
  // pypiserver: "." means that nobody has to be anybody.
  if (words.includes('.')) {
    throw new WheelstoreError('usage', 'With --authenticate . nothing would be private', {
      value: text,
      fix: 'Use --access public, or name what needs credentials: list, download, update.',
    });
  }
  if (words.length === 0) throw noAction(text);
  return new Set(words.map(actionOf));
}

function actionOf(word: string): Action {
  const action = ACTIONS.find((known) => known === word);
  if (action === undefined) throw noAction(word);
  return action;
}

function noAction(word: string): WheelstoreError {
  return new WheelstoreError('usage', `${quote(word)} is nothing to authenticate`, {
    value: word,
    fix: `Use --authenticate with any of ${ACTIONS.join(', ')}, separated by commas.`,
  });
}
