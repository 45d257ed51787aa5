import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { keys, type RoleSessionHead, roleKeys } from '@ioi/law';
import type { HeadKey, OrganisationRoles } from '@ioi/protocol';
import { Hono } from 'hono';
import { ROLE_HEADER } from './caller.ts';
import { addRoleGuard } from './guard.ts';

const TOKEN = 'ioi_role_token';
const ISSUER = 'https://accounts.example';
const PINNED = { organisation_id: 'org://example', key_id: 'sha256:00' };

/** A node as its heads say: an organisation, its roles, and one sign-in. */
class Heads {
  roles: Partial<OrganisationRoles> = {
    issuer: ISSUER,
    client_id: 'ioi',
    groups: [{ group: 'audit', role: 'auditor' }],
  };
  readonly session: RoleSessionHead = {
    state: 'open',
    issuer: ISSUER,
    client_id: 'ioi',
    subject: 'ada',
    groups: ['audit'],
    opened: '0',
    expires: String(Date.now() + 3_600_000),
  };
  now = 0;

  get<T>({ headClass, id }: HeadKey): T | undefined {
    const heads = new Map<string, unknown>([
      [nameOf(keys.organisation), { sequence: '1', pinned: PINNED }],
      [nameOf(keys.bundle(PINNED.key_id, PINNED.organisation_id)), this.#bundle],
      [nameOf(roleKeys.session(digestBytes(TOKEN))), this.session],
    ]);
    return heads.get(`${headClass} ${id}`) as T | undefined;
  }

  get #bundle() {
    return { settings: { roles: this.roles } };
  }

  chainTime(): number {
    return this.now;
  }
}

function nameOf({ headClass, id }: HeadKey): string {
  return `${headClass} ${id}`;
}

function guarded(heads: Heads): Hono {
  const app = new Hono();
  addRoleGuard(app, heads);
  for (const path of ['/v1/log', '/v1/status', '/v1/undeclared', '/v1/show/:id']) {
    app.get(path, (context) => context.text('told'));
  }
  app.post('/v1/mcp/reload', (context) => context.text('done'));
  return app;
}

const shown = { [ROLE_HEADER]: TOKEN };

async function code(app: Hono, path: string, asked: RequestInit = { headers: shown }) {
  const answer = await app.request(path, asked);
  return answer.ok ? await answer.text() : ((await answer.json()) as { code: string }).code;
}

test('a session is held to its role before any route, and none shown is the owner', async () => {
  const app = guarded(new Heads());
  assert.equal(await code(app, '/v1/log'), 'told');
  assert.equal(await code(app, '/v1/show/7'), 'told');
  const reloading = { method: 'POST', headers: shown };
  assert.equal(await code(app, '/v1/mcp/reload', reloading), 'role.insufficient');
  assert.equal(await code(app, '/v1/mcp/reload', { method: 'POST' }), 'done');
  assert.equal(await code(app, '/v1/undeclared'), 'role.insufficient');
  const head = await app.request('/v1/undeclared', { method: 'HEAD', headers: shown });
  assert.equal(head.status, 403);
  const strange = { headers: { [ROLE_HEADER]: 'ioi_role_other' } };
  assert.equal(await code(app, '/v1/status', strange), 'role.session_over');
});

test('what the newest bundle takes away is gone at the next request', async () => {
  const heads = new Heads();
  const app = guarded(heads);
  const { roles } = heads;
  for (const changed of [
    { groups: [] },
    { offboarded: ['ada'] },
    { issuer: 'https://other.example' },
    { client_id: 'other' },
  ]) {
    heads.roles = { ...roles, ...changed };
    assert.equal(await code(app, '/v1/status'), 'role.session_over', JSON.stringify(changed));
  }
  heads.roles = roles;
  assert.equal(await code(app, '/v1/status'), 'told');
  heads.now = Number(heads.session.expires);
  assert.equal(await code(app, '/v1/status'), 'role.session_over');
});

type Ending = {
  readonly how: string;
  readonly change: (heads: Heads) => void;
};

const ENDINGS: readonly Ending[] = [
  {
    how: 'the sign-in is over',
    change: (heads) => {
      heads.roles = { ...heads.roles, offboarded: ['ada'] };
    },
  },
  {
    how: 'the role that is left is a lesser one',
    change: (heads) => {
      heads.roles = { ...heads.roles, groups: [{ group: 'audit', role: 'agent-user' }] };
    },
  },
];

async function streaming(heads: Heads) {
  const app = guarded(heads);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const headers = { 'content-type': 'text/event-stream' };
  app.get('/v1/events', () => new Response(readable, { headers }));
  const answer = await app.request('/v1/events', { headers: shown });
  const reader = answer.body?.getReader();
  const said = async (text?: string) => {
    if (text !== undefined) writer.write(new TextEncoder().encode(text)).catch(() => {});
    const { value, done } = (await reader?.read()) ?? { done: true };
    return done ? 'over' : new TextDecoder().decode(value);
  };
  return { said };
}

test('a stream tells nothing more once the sign-in is over', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  for (const { how, change } of ENDINGS) {
    const heads = new Heads();
    const { said } = await streaming(heads);
    assert.equal(await said('one'), 'one');
    change(heads);
    assert.equal(await said('two'), 'over', how);
    const quiet = new Heads();
    const other = await streaming(quiet);
    assert.equal(await other.said('one'), 'one');
    const next = other.said();
    change(quiet);
    t.mock.timers.tick(5_000);
    assert.equal(await next, 'over', `${how}, and nothing happens`);
  }
});
