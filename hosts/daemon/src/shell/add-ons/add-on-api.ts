import type { AddOnPackageAsked } from '@ioi/protocol';
import type { Hono } from 'hono';
import type { ServerConfig } from '../config.ts';
import { jsonBody } from '../json-body.ts';
import { problem } from '../problem.ts';
import { packageAskedIn } from '../workers/install-api.ts';
import type { InstalledAddOns } from './installed-add-ons.ts';

const LIMITS = { maxBytes: 100_000, code: 'request.invalid' };
const SHAPE = 'a package has /path, which is absolute, and /digest, if any';
const NOT_HERE = /^(package\.other|add_on\.name_taken)$/;

export type AddOnRoutes = {
  readonly addOns: InstalledAddOns;
  /** Of node.json, whose names are taken. */
  readonly configured: () => readonly ServerConfig[];
};

/** Packages that may be installed, and what was. The owner installs at the guardian. */
export function addAddOnRoutes(app: Hono, { addOns, configured }: AddOnRoutes): void {
  app.post('/v1/add-on-packages', async (context) => {
    const body = await jsonBody<AddOnPackageAsked>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const asked = packageAskedIn(body.value);
    if (asked === undefined) return problem('request.invalid', SHAPE, 400);
    const review = await addOns.review(asked, configured());
    if (review.ok) return context.json(review.value);
    const { code, message } = review.error;
    return problem(code, message, NOT_HERE.test(code) ? 409 : 400);
  });
  app.get('/v1/add-ons', (context) => context.json(addOns.list()));
  app.get('/v1/add-ons/:name', (context) => {
    const found = addOns.detail(context.req.param('name'));
    if (found.ok) return context.json(found.value);
    return problem(found.error.code, found.error.message, 404);
  });
}
