import cloudfront from 'cloudfront';
import crypto from 'crypto';
import { admit, type EdgeGrant } from '../core/edge/access.ts';
import { decide, type EdgeDecision } from '../core/edge/decide.ts';
import { edgeRequestOf, headerOf, outcomeOf, type ViewerRequest, type ViewerResponse } from './viewer.ts';

function sha256(text: string): string {
  return crypto.createHash('sha256').update(text).digest('hex');
}

/** Only a missing key is missing: an edge location that cannot read its copy says so. */
async function find(key: string): Promise<EdgeGrant | undefined> {
  const tokens = cloudfront.kvs();
  try {
    const value = await tokens.get(key);
    return JSON.parse(value) as EdgeGrant;
  } catch (error) {
    if (await tokens.exists(key)) throw error;
    return undefined;
  }
}

async function admitted(request: ViewerRequest): Promise<EdgeDecision> {
  const tools = { sha256: sha256, find: find, now: Date.now() };
  try {
    return await admit(decide(edgeRequestOf(request)), headerOf(request, 'authorization'), tools);
  } catch {
    return { kind: 'answer', status: 503 };
  }
}

/** As in viewer-request.cff.ts, for an index that only those with a token may read. */
export async function handler(event: {
  readonly request: ViewerRequest;
}): Promise<ViewerRequest | ViewerResponse> {
  const decision = await admitted(event.request);
  return outcomeOf(event.request, decision);
}
