import type { Hono } from 'hono';
import { jsonBody } from './json-body.ts';
import { problem } from './problem.ts';
import type { Tickets } from './tickets.ts';

const LIMITS = { maxBytes: 100_000, code: 'request.invalid' };
const OBJECTIVE_MAX = 16_384;

/** Sessions whose task the person states beforehand. */
export function addSessionRoutes(app: Hono, tickets: Tickets): void {
  app.post('/v1/sessions', async (context) => {
    const body = await jsonBody<{ objective: unknown }>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const objective = body.value?.objective;
    if (typeof objective !== 'string' || objective.trim() === '') {
      return problem('request.invalid', '/objective is what the session is for, in words', 400);
    }
    if (objective.length > OBJECTIVE_MAX) {
      const message = `/objective has at most ${OBJECTIVE_MAX} characters`;
      return problem('request.invalid', message, 400);
    }
    return context.json({ ticket: tickets.issue(objective) }, 201);
  });
}
