import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifierRegistry } from '@ioi/crypto';
import type { IssueCertificate } from '@ioi/protocol';
import {
  DelegationGround,
  notesPolicy,
  scopedWrite,
  TestAgent,
  TestNode,
  TestOwner,
} from '../../testing/index.ts';
import { prefixCache, type Verifying, verifyChain } from './chain.ts';

function begun(): TestOwner {
  const node = new TestNode();
  new TestAgent(node).begin(notesPolicy);
  const owner = new TestOwner(node);
  owner.begin();
  return owner;
}

test('each link narrows the one above it, in every member', () => {
  const owner = begun();
  const parent_id = owner.certify('manager', {
    constraints: { expires_at: owner.later(), max_calls: '5', max_budget_usd: '10' },
    approval_required_for: ['commerce'],
  });
  const within = {
    parent_id,
    constraints: { expires_at: owner.later(), max_calls: '5', max_budget_usd: '10' },
    approval_required_for: ['commerce'],
  };
  const wider: object[] = [
    { authority_scopes: ['scope:repo.write', 'scope:gmail.send'] },
    { primitive_capability_constraints: ['prim:fs.write', 'prim:sys.exec'] },
    { resources: ['file:///**'] },
    { constraints: { ...within.constraints, max_budget_usd: '10.01' } },
    { constraints: { ...within.constraints, max_calls: '6' } },
    { constraints: { expires_at: owner.later(), max_budget_usd: '10' } },
    { constraints: { ...within.constraints, expires_at: owner.later(86_400_001n) } },
    { approval_required_for: [] },
  ];
  for (const terms of wider) {
    const issued = owner.certificate('worker', { ...within, ...terms }, 'manager');
    assert.equal(
      owner.try('certificate.issue', issued),
      'certificate.wider',
      JSON.stringify(terms),
    );
    const { subject_key: _, ...given } = issued.certificate;
    const { parent_id: __, certificate_id: ___, ...bounds } = given;
    const grant = owner.grant(
      owner.ask({ subject_id: bounds.subject_id }),
      { ...bounds, certificate_id: parent_id },
      owner.keyOf('manager'),
    );
    assert.equal(owner.try('grant.issue', grant), 'grant.wider', JSON.stringify(terms));
  }
  assert.equal(
    owner.try('certificate.issue', owner.certificate('worker', within, 'manager')),
    'ok',
  );
});

test('only the key above signs a certificate, and only the owner without one', () => {
  const owner = begun();
  const parent_id = owner.certify('manager');
  const refused = [
    owner.certificate('worker', { parent_id }),
    owner.certificate('worker', { parent_id }, 'worker'),
    owner.certificate('worker', {}, 'manager'),
  ];
  for (const issued of refused) {
    assert.equal(owner.try('certificate.issue', issued), 'wallet.unauthorised');
  }
  const session = { algorithm: 'ed25519' as const, key: owner.keyOf('session').publicKey.ed25519 };
  const short = owner.certify('session', { parent_id, subject_key: session }, 'manager');
  const below = owner.certificate('below', { parent_id: short }, 'session');
  assert.equal(owner.try('certificate.issue', below), 'wallet.unauthorised');
});

test('a key is certified once, and none of another use is taken over', () => {
  const owner = begun();
  owner.certify('worker');
  const again = owner.certificate('worker', { resources: ['file:///notes/a'] });
  assert.equal(owner.try('certificate.issue', again), 'certificate.key_in_use');
});

test('at most eight certificates hang by one another', () => {
  const owner = begun();
  let parent_id = owner.certify('link0');
  for (let at = 1; at < 8; at += 1)
    parent_id = owner.certify(`link${at}`, { parent_id }, `link${at - 1}`);
  const deep = owner.certificate('link8', { parent_id }, 'link7');
  assert.equal(owner.try('certificate.issue', deep), 'certificate.too_deep');
});

test('one revocation ends all that hangs below, however much, by one head', () => {
  const owner = begun();
  const agent = new TestAgent(owner.node);
  const top = owner.certify('top');
  const middle = owner.certify('middle', { parent_id: top }, 'top');
  const low = owner.certify('low', { parent_id: middle }, 'middle');
  const grantId = owner.give({ certificate_id: low }, owner.keyOf('low'));
  const acted = () => {
    const request = agent.request('fs::write', { path: '/notes/a', content: 'x' });
    const asked = agent.ask(request, scopedWrite, { target_exists: false });
    return agent.decide({ request, payload: { ...asked.payload, authority_grant_id: grantId } });
  };
  assert.equal(acted().state, 'committed');
  const proposed = owner.node.propose('wallet/certificate.revoke', owner.endCertificate(top));
  const [revoked] = owner.node.commit([proposed]);
  assert.ok(revoked?.ok && revoked.value.changes.length === 1);
  assert.equal(acted().state, 'pending');
  const under = owner.certificate('new', { parent_id: low }, 'low');
  assert.equal(owner.try('certificate.issue', under), 'certificate.void');
});

test('who is above may revoke, who is beside or below may not', () => {
  const owner = begun();
  const top = owner.certify('top');
  const low = owner.certify('low', { parent_id: top }, 'top');
  owner.certify('beside');
  const grantId = owner.give({ certificate_id: low }, owner.keyOf('low'));
  assert.equal(
    owner.try('certificate.revoke', owner.endCertificate(top, 'low')),
    'wallet.unauthorised',
  );
  assert.equal(
    owner.try('grant.revoke', owner.revoke(grantId, owner.keyOf('beside'))),
    'wallet.unauthorised',
  );
  assert.equal(owner.try('grant.revoke', owner.revoke(grantId, owner.keyOf('top'))), 'ok');
  assert.equal(owner.try('certificate.revoke', owner.endCertificate(low, 'top')), 'ok');
});

function chained(owner: TestOwner): { chain: IssueCertificate[]; verifying: Verifying } {
  const chain: IssueCertificate[] = [];
  for (let at = 0; at < 5; at += 1) {
    const parent = chain.at(-1)?.certificate.certificate_id;
    const link = parent === undefined ? {} : { parent_id: parent };
    chain.push(owner.certificate(`link${at}`, link, at === 0 ? undefined : `link${at - 1}`));
  }
  const verifying = {
    node: owner.node.genesis,
    ownerKey: owner.node.owner.publicKey,
    registry: verifierRegistry(),
    cache: prefixCache(),
    revocationEpoch: '0',
    chainTime: owner.node.chainTime,
    isRevoked: () => false,
  };
  return { chain, verifying };
}

test('a chain verifies anywhere, and what it begins with is verified once', () => {
  const { chain, verifying } = chained(begun());
  let checks = 0;
  const registry = verifierRegistry();
  const counting = {
    verify: (...given: Parameters<typeof registry.verify>) => {
      checks += 1;
      return registry.verify(...given);
    },
  };
  const counted = { ...verifying, registry: counting };
  assert.ok(verifyChain(chain.slice(0, 4), counted).ok);
  assert.equal(checks, 4);
  assert.ok(verifyChain(chain, counted).ok);
  assert.equal(checks, 5);
});

test('a cached beginning does not outlive time, epoch or revocation', () => {
  const { chain, verifying } = chained(begun());
  assert.ok(verifyChain(chain, verifying).ok);
  const third = chain[2]?.certificate.certificate_id;
  const ended: Partial<Verifying>[] = [
    { chainTime: verifying.chainTime + 86_400_000n },
    { revocationEpoch: '1' },
    { isRevoked: (id) => id === third },
  ];
  for (const now of ended) assert.ok(!verifyChain(chain, { ...verifying, ...now }).ok);
});

test('links left out, swapped, of another owner or another node break a chain', () => {
  const { chain, verifying } = chained(begun());
  const other = chained(new TestOwner(new TestNode({ seed: 'other' })));
  const [first, second, third] = chain;
  const broken = [
    [],
    [second],
    [first, third],
    [second, first],
    [...other.chain.slice(0, 1), second],
  ];
  for (const links of broken) {
    assert.ok(!verifyChain(links as IssueCertificate[], verifying).ok);
  }
  assert.ok(!verifyChain(chain, { ...verifying, node: other.verifying.node }).ok);
});

test('generated trees of delegation never exceed an ancestor', () => {
  const ground = new DelegationGround();
  let [committed, refused] = [0, 0];
  for (let seed = 0; seed < 60; seed += 1) {
    const tree = ground.grow(seed);
    assert.deepEqual(tree.overruns, [], `seed ${seed}`);
    committed += tree.committed;
    refused += tree.refused;
  }
  assert.ok(committed > 100 && refused > 100, `${committed} ${refused}`);
});
