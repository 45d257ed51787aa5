import type { Hono } from 'hono';
import { problem } from '../problem.ts';
import type { Merges } from './merges.ts';

/** The gate between what a run did to copies and the folders. */
export function addMergeRoutes(app: Hono, merges: Merges): void {
  app.post('/v1/runs/:id/merge', async (context) => {
    const merged = await merges.merge(context.req.param('id'));
    if (merged.ok) return context.json(merged.value);
    const { code, message } = merged.error;
    return problem(code, message, statusOf(code));
  });
}

function statusOf(code: string): 403 | 404 | 409 | 500 | 502 | 503 {
  if (code === 'run.unknown') return 404;
  if (/^(run|merge)\./.test(code)) return 409;
  if (code === 'daemon.fault') return 500;
  if (code.startsWith('execution.')) return 502;
  return /^(policy|approval|session|request)\./.test(code) ? 403 : 503;
}
