import { roleOf } from '../keys.ts';

/**
 * Tells what of a tree belongs to the repository that it is imported to, where one lies in the other: it
 * must neither be imported nor be removed as if it were the source's.
 *
 * @param tree where the tree begins, below a root that both have; empty, or with a slash at its end
 * @param repository where the repository begins, likewise
 */
export function ofRepository(tree: string, repository: string): (path: string) => boolean {
  return (path) => {
    const whole = tree + path;
    if (!whole.startsWith(repository)) return false;
    const { role } = roleOf(whole.slice(repository.length));
    // What an s3pypi project called "files" or "simple" has is not of the shape that ours has.
    return role !== 'foreign' && role !== 'elsewhere';
  };
}
