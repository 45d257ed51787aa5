import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys, principalOf, type RoleSessionHead, roleKeys } from '@ioi/law';
import type { HeadKey } from '@ioi/protocol';
import { type Offboarding, startOffboarding } from './offboarding.ts';

const ISSUER = 'https://accounts.example';
const TOKEN_HASH = 'sha256:11';
const PINNED = { organisation_id: 'org://example', key_id: 'sha256:00' };
const session: RoleSessionHead = {
  state: 'open',
  issuer: ISSUER,
  client_id: 'ioi',
  subject: 'ada',
  groups: ['staff'],
  opened: '0',
  expires: String(Date.now() + 3_600_000),
};
const settings = { roles: { issuer: ISSUER, client_id: 'ioi', groups: [] } };
const bundle = { bundle_hash: 'sha256:22', settings };

function get({ headClass, id }: HeadKey): unknown {
  const named = ({ headClass: of, id: it }: HeadKey): string => `${of} ${it}`;
  const heads = new Map<string, unknown>([
    [named(keys.organisation), { sequence: '1', pinned: PINNED }],
    [named(keys.bundle(PINNED.key_id, PINNED.organisation_id)), bundle],
    [named(roleKeys.session(TOKEN_HASH)), session],
  ]);
  return heads.get(`${headClass} ${id}`);
}

test('tokens of who lost their role are void before the log says that they are out', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const done: string[] = [];
  const name = `${principalOf({ issuer: ISSUER, subject: 'ada' })}-laptop`;
  startOffboarding({
    reader: { get, headsOf: () => [{ id: TOKEN_HASH, value: {} }], chainTime: () => 0 },
    writer: {
      submit: () => {
        done.push('closed');
        return Promise.reject(new Error('the node ends here'));
      },
    },
    tokens: { list: () => [{ name }], revoke: (each: string) => done.push(each) > 0 },
    door: { revoke: () => {} },
    log: () => {},
  } as unknown as Offboarding);
  t.mock.timers.tick(1_000);
  await Promise.resolve();
  assert.deepEqual(done, [name, 'closed']);
});
