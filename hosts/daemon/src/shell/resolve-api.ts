import { type PolicyCache, resolve } from '@ioi/law';
import {
  classOf,
  type IntentDefinition,
  type IntentResolutionRequest,
  isIntentResolutionRequest,
  type VerdictCode,
} from '@ioi/protocol';
import type { Hono } from 'hono';
import type { HeadReader } from './head-reader.ts';
import { jsonBody } from './json-body.ts';
import { layersNow } from './layers-now.ts';
import type { Servers } from './mcp/servers.ts';
import { problem } from './problem.ts';

export type ResolveOptions = {
  readonly intents: readonly IntentDefinition[];
  readonly servers: Servers;
  readonly reader: HeadReader;
  readonly policies: PolicyCache;
};

const LIMITS = { maxBytes: 100_000, code: 'request.invalid' };

/** Intents, and the one way each is served here (whitepaper E.1). */
export function addResolveRoutes(app: Hono, options: ResolveOptions): void {
  const { intents, servers, reader, policies } = options;
  app.get('/v1/intents', (context) => context.json({ intents }));
  app.post('/v1/resolve', async (context) => {
    const body = await jsonBody<IntentResolutionRequest>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    if (!isIntentResolutionRequest(body.value)) {
      return problem('request.invalid', 'the body does not fit IntentResolutionRequest', 400);
    }
    const tools = servers.contracts();
    const layers = layersNow(reader, policies);
    if (!layers.ok) return problem(layers.error.code, layers.error.message, 503);
    const { local: policy } = layers.value;
    const route = resolve(body.value, { definitions: intents, tools, policy });
    if (route.ok) return context.json(route.value);
    const { code, message } = route.error;
    return problem(code, `${classOf(code as VerdictCode)}: ${message}`, 409);
  });
}
