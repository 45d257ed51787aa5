import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import type { Caller } from '../roles/caller.ts';
import { WorkbenchDoor } from './door.ts';
import { addWorkbenchRoutes } from './routes.ts';

const broken: Caller = {
  tokenHash: 'sha256:00',
  roles: ['owner'],
  session: {
    state: 'open',
    issuer: 'https://accounts.example',
    client_id: 'ioi',
    subject: 'ada',
    groups: [],
    opened: '0',
    expires: '1',
    break_glass: { reason: 'away', key_id: 'sha256:00' },
  },
};

async function asked(caller: Caller | undefined): Promise<[number, string]> {
  const app = new Hono();
  app.use('*', (context, next) => {
    context.set('caller', caller);
    return next();
  });
  addWorkbenchRoutes(app, new WorkbenchDoor({ folder: '/nowhere' }));
  const answer = await app.request('/v1/workbench', { method: 'POST' });
  return [answer.status, ((await answer.json()) as { code: string }).code];
}

test('who signed in gets no link that would outlive their role, not even as owner', async () => {
  assert.deepEqual(await asked(broken), [403, 'role.insufficient']);
  assert.deepEqual(await asked(undefined), [409, 'workbench.not_built']);
});
