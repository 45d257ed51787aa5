import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { problem } from '../problem.ts';
import type { WorkbenchDoor } from './door.ts';

/** `POST /v1/workbench`: a link by which one browser gets in, once. */
export function addWorkbenchRoutes(app: Hono, door: WorkbenchDoor): void {
  door.serve(getRequestListener(app.fetch));
  app.post('/v1/workbench', async (context) => {
    if (context.var.caller !== undefined) {
      // Who is let in by a link has no role that ends: not when they left, nor with the glass.
      return problem('role.insufficient', 'a link takes the socket of the node; sign in', 403);
    }
    const opened = await door.open();
    if (opened !== undefined) return context.json(opened, 201);
    return problem('workbench.not_built', 'the pages are not built', 409);
  });
  app.delete('/v1/workbench', (context) => {
    door.close();
    return context.json({ closed: true });
  });
}
