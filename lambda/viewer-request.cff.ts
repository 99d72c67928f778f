import { decide } from '../core/edge/decide.ts';
import { edgeRequestOf, outcomeOf, type ViewerRequest, type ViewerResponse } from './viewer.ts';

/** What CloudFront calls for every request of a viewer, before it looks into its cache. */
export function handler(event: { readonly request: ViewerRequest }): ViewerRequest | ViewerResponse {
  return outcomeOf(event.request, decide(edgeRequestOf(event.request)));
}
