import type { NormalizedName } from '../names.ts';
import { API_VERSION, representationsOf, type RenderedPage } from './page.ts';
import template from './templates/project-list.hbs';

/**
 * The project list, in every representation.
 *
 * @param projects in no particular order
 * @param serial of the repository's settings
 */
export function renderProjectListPage(projects: Iterable<NormalizedName>, serial: number): RenderedPage[] {
  const sorted = [...projects].sort();
  return representationsOf(template({ apiVersion: API_VERSION, projects: sorted, serial }), {
    meta: { 'api-version': API_VERSION, '_last-serial': serial },
    projects: sorted.map((name) => ({ name })),
  });
}
