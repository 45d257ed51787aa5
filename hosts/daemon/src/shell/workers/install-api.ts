import { isAbsolute } from 'node:path';
import { isDigest } from '@ioi/canon';
import type { WorkerPackageAsked } from '@ioi/protocol';
import type { Hono } from 'hono';
import { jsonBody } from '../json-body.ts';
import { problem } from '../problem.ts';
import type { InstalledWorkers } from './installed-workers.ts';

const LIMITS = { maxBytes: 100_000, code: 'request.invalid' };
const SHAPE = 'a package has /path, which is absolute, and /digest, if any';
/** It is as it should be, and not for this node as it is now. */
const NOT_HERE = /^(policy|ontology)\.|^(package\.other|worker\.requirement_unmet)$/;

/** Packages that may be installed, and workers that were. The owner installs at the guardian. */
export function addInstallRoutes(app: Hono, installs: InstalledWorkers): void {
  app.post('/v1/worker-packages', async (context) => {
    const body = await jsonBody<WorkerPackageAsked>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const asked = packageAskedIn(body.value);
    if (asked === undefined) return problem('request.invalid', SHAPE, 400);
    const review = await installs.review(asked);
    if (review.ok) return context.json(review.value);
    const { code, message } = review.error;
    return problem(code, message, NOT_HERE.test(code) ? 409 : 400);
  });
  app.get('/v1/workers', (context) => context.json(installs.list()));
  app.get('/v1/workers/:id', (context) => {
    const found = installs.detail(context.req.param('id'));
    if (found.ok) return context.json(found.value);
    const { code, message } = found.error;
    return problem(code, message, code === 'worker.ambiguous' ? 409 : 404);
  });
}

/** Where a package lies, and which it is meant to be; undefined where it is not said so. */
export function packageAskedIn(given: unknown): WorkerPackageAsked | undefined {
  const { path, digest, ...others } = Object(given) as Partial<WorkerPackageAsked>;
  if (Object.keys(others).length > 0) return undefined;
  if (typeof path !== 'string' || !isAbsolute(path)) return undefined;
  if (digest !== undefined && !isDigest(digest)) return undefined;
  return { path, ...(digest === undefined ? {} : { digest }) };
}
