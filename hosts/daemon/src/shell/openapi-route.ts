import { readFile } from 'node:fs/promises';
import type { Hono } from 'hono';

/** Emitted from the declarations in protocol/src/http. */
const DOCUMENT = new URL('../../../../protocol/schemas/openapi.json', import.meta.url);

/** `GET /v1/openapi.json`: what can be asked here, for programs. */
export function addOpenApiRoute(app: Hono): void {
  app.get('/v1/openapi.json', async () => {
    const text = await readFile(DOCUMENT, 'utf8');
    return new Response(text, { headers: { 'content-type': 'application/json' } });
  });
}
