import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type GrantHead, requestIdOf, walletKeys } from '@ioi/law';
import type { DecideAction, RuntimeToolContract } from '@ioi/protocol';
import {
  activate,
  deciding,
  hashOf,
  headIn,
  NodeKit,
  PASSPHRASE,
  proposed,
  type Started,
  signed,
  started,
  writeContract,
} from '../testing/node-kit.ts';

let kit: NodeKit;
afterEach(() => {
  kit.closeGuardian();
  kit.remove();
});

const scoped: RuntimeToolContract = { ...writeContract, authority_scopes: ['scope:repo.write'] };
const HOUR_MS = 3_600_000n;

async function begun(): Promise<Started> {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  await node.writer.submit(proposed('contract.register', { contract: scoped }));
  return node;
}

function writing(grantId?: string): DecideAction {
  const request = kit.request('fs::write', { path: '/ws/a', content: 'x' });
  const named = grantId === undefined ? {} : { authority_grant_id: grantId };
  return { ...deciding(request, 'ALLOW'), contract_hash: hashOf(scoped), ...named };
}

async function decided(node: Started, payload: DecideAction): Promise<string> {
  const result = await node.writer.submit(proposed('action.decide', payload));
  if (!result.ok) return result.error.code;
  return node.guardian.action(hashOf(payload.request))?.state ?? 'none';
}

/** A lease for an act that waits; its id. */
async function lease(node: Started, constraints: object = {}): Promise<string> {
  const waiting = writing();
  assert.equal(await decided(node, waiting), 'pending');
  const authority_request_id = requestIdOf(hashOf(waiting.request));
  const asked = { authority_request_id, lease: true, resources: ['file:///ws/**'], constraints };
  const { statement, words } = await signed(kit, node, 'grant.issue', asked);
  assert.ok(words.includes('+ file:///ws/** was not asked for'), words.join('\n'));
  return String(statement['authority_grant_id']);
}

test('what the owner signs at the desk is given, and taken back with the next entry', async () => {
  const node = await begun();
  let told = 0;
  node.guardian.onRevocation(() => {
    told += 1;
  });
  const id = await lease(node);
  assert.equal(await decided(node, writing(id)), 'committed');
  assert.deepEqual([node.guardian.revokedGrants([id]), told], [[], 0]);
  await signed(kit, node, 'grant.revoke', { authority_grant_id: id });
  assert.deepEqual([node.guardian.revokedGrants([id]), told], [[id], 1]);
  assert.equal(await decided(node, writing(id)), 'pending');
  const again = await lease(node);
  await signed(kit, node, 'epoch.advance', {});
  assert.deepEqual([node.guardian.revokedGrants([again]), told], [[again], 2]);
  assert.equal(await decided(node, writing(again)), 'pending');
});

test('an act that lacks scopes is not approved, and the desk says what gives them', async () => {
  const node = await begun();
  const waiting = writing();
  await decided(node, waiting);
  const approved = await node.approver.approve(hashOf(waiting.request), PASSPHRASE);
  assert.ok(!approved.ok && approved.error.code === 'authority.required');
  assert.match(approved.error.message, /ioi wallet grant authreq_/);
});

test('no clock lengthens a grant, set back, set forward or restarted', async () => {
  const node = await begun();
  const expires_at = String(node.guardian.chainTime() + HOUR_MS);
  const id = await lease(node, { expires_at });
  assert.equal(await decided(node, writing(id)), 'committed');
  kit.clock.wall -= 30n * HOUR_MS;
  assert.equal(await decided(node, writing(id)), 'committed');
  kit.clock.monotonic += HOUR_MS;
  assert.equal(await decided(node, writing(id)), 'pending');
  kit.clock.wall -= 30n * HOUR_MS;
  assert.equal(await decided(node, writing(id)), 'pending');
  assert.deepEqual(node.guardian.revokedGrants([id]), [id]);
});

test('after a restart a grant has the time that is left of it, at the most', async () => {
  const first = await begun();
  const expires_at = String(first.guardian.chainTime() + HOUR_MS);
  const id = await lease(first, { expires_at, max_calls: '5' });
  assert.equal(await decided(first, writing(id)), 'committed');
  kit.closeGuardian();
  kit.clock.monotonic = 5n;
  kit.clock.wall -= 30n * HOUR_MS;
  const { guardian, approver, desk, channel } = await kit.guardian();
  const { writer, store } = await kit.writer(channel);
  const second: Started = { guardian, approver, desk, channel, writer, store };
  assert.equal(await decided(second, writing(id)), 'committed');
  const left = headIn<GrantHead>(store, walletKeys.grant(id))?.remaining;
  assert.deepEqual(left, { calls: '3' });
  kit.clock.monotonic += HOUR_MS;
  assert.equal(await decided(second, writing(id)), 'pending');
});

test('64 who race for one call get it once, and nobody gets it twice', async () => {
  const node = await begun();
  const id = await lease(node, { max_calls: '1' });
  const racing = Array.from({ length: 64 }, () => decided(node, writing(id)));
  const states = await Promise.all(racing);
  assert.equal(states.filter((state) => state === 'committed').length, 1);
  assert.equal(states.filter((state) => state === 'pending').length, 63);
});
