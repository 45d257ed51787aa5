import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules, MountModule, MutationReceipt, SwapModule } from '@ioi/protocol';
import {
  hashOf,
  justification,
  manifestOf,
  payContract,
  readEntry,
  smallLog,
  TestAgent,
  TestGovernor,
  TestNode,
  writeContract,
} from '../../testing/index.ts';
import { canonicalize, policyHash } from '../policy/index.ts';
import { draftRegistration } from './drafts.ts';

const READ = ['prim:fs.read'];

function fresh(): TestGovernor {
  return new TestGovernor(smallLog());
}

function registered(): TestGovernor {
  const governor = fresh();
  governor.do('module.register', governor.registration({ manifest: manifestOf('1', READ) }));
  return governor;
}

function mutationIn(governor: TestGovernor): MutationReceipt {
  const entry = readEntry(governor.node.texts.at(-2) ?? '').entry;
  const emitted = entry.events.find((event) => event['type'] === 'receipt.emitted');
  return (emitted as unknown as { receipt: { body: MutationReceipt } }).receipt.body;
}

test('a module is registered by the owner, once, under all its versions', () => {
  const governor = fresh();
  const manifest = manifestOf('1', READ);
  const draft = draftRegistration({ manifest }, governor.node.genesis);
  const forged = {
    registration: { manifest },
    signature: governor.sign(draft, governor.node.guardian),
  };
  assert.equal(governor.try('module.register', forged), 'governance.unauthorised');
  const nowhere = governor.registration({ manifest, chain_id: hashOf('none') });
  assert.equal(governor.try('module.register', nowhere), 'chain.unknown');
  governor.do('module.register', governor.registration({ manifest }));
  for (const version of ['1', '2']) {
    const again = governor.registration({ manifest: manifestOf(version, ['prim:sys.exec']) });
    assert.equal(governor.try('module.register', again), 'module.exists');
  }
});

test('capabilities are spelled prim: or scope:, never as URIs', () => {
  const governor = fresh();
  for (const capability of ['prim://fs.read', 'cap:sys', 'fs.read', 'scope:']) {
    const payload = governor.registration({ manifest: manifestOf('1', [capability]) });
    assert.equal(governor.try('module.register', payload), 'operation.invalid_payload', capability);
  }
});

test('what is mounted has the capabilities of its contracts, and grants nothing', () => {
  const governor = fresh();
  const mount = (capabilities: readonly string[], ...contracts: object[]): MountModule => ({
    manifest: {
      ...manifestOf('1', capabilities),
      module_id: 'module://local/filesystem/1',
    },
    contract_hashes: contracts.map(hashOf),
  });
  const tried = (payload: MountModule) => governor.try('module.mount', payload);
  assert.equal(tried(mount(['prim:fs.write'], { none: 1 })), 'contract.missing');
  assert.equal(tried(mount([], writeContract)), 'module.other_capabilities');
  const foreign = mount(['prim:math.eval'], writeContract);
  assert.equal(tried(foreign), 'ontology.foreign_primitive');
  const more = mount(['prim:fs.write', 'prim:net.request'], writeContract);
  assert.equal(tried(more), 'module.other_capabilities');
  const plain = mount(['prim:fs.write'], writeContract);
  const elsewhere = { ...plain, manifest: { ...plain.manifest, module_id: 'module://x/y/1' } };
  assert.equal(tried(elsewhere), 'module.not_local');
  governor.do('module.mount', plain);
  assert.equal(tried(plain), 'module.already_mounted');
  const { manifest } = plain;
  const swap = {
    sequence: '1',
    old_manifest_hash: hashOf(manifest),
    manifest,
    justification,
  };
  assert.equal(governor.try('module.swap', governor.signedSwap(swap)), 'module.unknown');
});

test('what is mounted stays within what the owner signed for under its name', () => {
  const governor = fresh();
  const owned = { ...manifestOf('1', ['prim:fs.write']), module_id: 'module://local/filesystem/1' };
  governor.do('module.register', governor.registration({ manifest: owned }));
  const wider = { ...owned, required_capabilities: ['prim:fs.write', 'prim:net.request'] };
  const contract_hashes = [writeContract, payContract].map(hashOf);
  const tried = governor.try('module.mount', { manifest: wider, contract_hashes });
  assert.equal(tried, 'module.outgrown');
  governor.do('module.mount', { manifest: owned, contract_hashes: [hashOf(writeContract)] });
});

test('a swap that drops capabilities needs the signature alone and says narrower', () => {
  const governor = registered();
  const before = governor.module('module://test/summarise/1');
  const swap = governor.swap(manifestOf('2', []));
  governor.do('module.swap', swap);
  const { seq: _, prev_receipt_hash: __, ...body } = mutationIn(governor);
  assert.deepEqual(body, {
    artifact_class: 6,
    mutation_id: hashOf(swap.swap),
    target_kind: 'module',
    target_module_id: 'module://test/summarise/2',
    old_manifest_hash: before.manifest_hash,
    new_manifest_hash: hashOf(manifestOf('2', [])),
    rationale_hash: hashOf(justification),
    inclusion_result: 'narrower',
  });
});

test('whatever touches policy, capabilities or mount asks for the token over exactly it', () => {
  const governor = registered();
  const widening = [
    governor.swap(manifestOf('2', [...READ, 'prim:sys.exec'])),
    governor.swap(manifestOf('2', READ), { policy_hash: hashOf('other policy') }),
    governor.swap(manifestOf('2', READ, 'external_api')),
  ];
  const approved = widening.map((each) => governor.approvedSwap(each));
  for (const [index, swap] of widening.entries()) {
    assert.equal(governor.try('module.swap', swap), 'approval.required');
    const { request, token } = approved[(index + 1) % approved.length] ?? {};
    assert.equal(governor.try('module.swap', { ...swap, request, token }), 'approval.invalid');
    const mine = { ...swap, request: approved[index]?.request, token };
    assert.equal(governor.try('module.swap', mine), 'approval.invalid');
  }
  const [first] = approved;
  assert.ok(first?.token);
  const entry = governor.do('module.swap', first);
  assert.match(JSON.stringify(entry.events), /"inclusion_result":"undecided"/);
  assert.equal(mutationIn(governor).token_hash, hashOf(first.token));
  assert.ok(governor.node.heads('token').includes(hashOf(first.token)));
});

test('a policy that lies inside the one before needs no token where the swap carries both', () => {
  const asking = policyOf('REQUIRE_APPROVAL');
  const [before, narrow, wide] = [asking, policyOf('BLOCK'), policyOf('ALLOW')];
  const governor = fresh();
  const registration = { manifest: manifestOf('1', READ), policy_hash: policyHash(before) };
  governor.do('module.register', governor.registration(registration));
  const swapTo = (after: ActionRules, version: string, policies: object | undefined) =>
    governor.swap(manifestOf(version, READ), {
      policy_hash: policyHash(after),
      ...(policies as Pick<SwapModule['swap'], 'policies'>),
    });
  const other = swapTo(wide, '2', { policies: { before, after: narrow } });
  assert.equal(governor.try('module.swap', other), 'module.other_policy');
  const older = swapTo(wide, '2', { policies: { before: wide, after: wide } });
  assert.equal(governor.try('module.swap', older), 'module.other_policy');
  assert.equal(governor.try('module.swap', swapTo(narrow, '2', {})), 'approval.required');
  const widening = swapTo(wide, '2', { policies: { before, after: wide } });
  assert.equal(governor.try('module.swap', widening), 'approval.required');
  governor.do('module.swap', swapTo(narrow, '2', { policies: { before, after: narrow } }));
  assert.equal(mutationIn(governor).inclusion_result, 'narrower');
  const back = swapTo(before, '3', { policies: { before: narrow, after: before } });
  governor.do('module.swap', governor.approvedSwap(back));
  assert.equal(mutationIn(governor).inclusion_result, 'wider');
});

function policyOf(action: ActionRules['rules'][number]['action']): ActionRules {
  const rule = { rule_id: 'rule', target: 'net::fetch', conditions: {}, action };
  return canonicalize({ policy_id: 'module', defaults: 'deny_all', rules: [rule] });
}

test('a token is burned by the swap it allowed, and holds only where a policy is in force', () => {
  const governor = registered();
  const wider = governor.approvedSwap(governor.swap(manifestOf('2', ['prim:sys.exec'])));
  governor.do('module.swap', wider);
  const next = governor.swap(manifestOf('3', ['prim:sys.exec', 'prim:net.request']));
  const { request, token } = wider;
  assert.equal(governor.try('module.swap', { ...next, request, token }), 'approval.invalid');
  const bare = new TestGovernor(new TestAgent(new TestNode()));
  bare.do('module.register', bare.registration({ manifest: manifestOf('1', READ) }));
  const widening = bare.approvedSwap(bare.swap(manifestOf('2', ['prim:sys.exec'])));
  assert.equal(bare.try('module.swap', widening), 'approval.invalid');
});

test('an invocation is of a module as it is, and covers actions that were executed', () => {
  const governor = fresh();
  const { agent } = governor;
  const chain_id = governor.createChain('alpha');
  const manifest = manifestOf('1', READ);
  governor.do('module.register', governor.registration({ manifest, chain_id }));
  const invocation = governor.invocation(manifest.module_id, chain_id);
  const { chain_id: _, ...chainless } = invocation;
  const other = { ...invocation, manifest_hash: hashOf('other') };
  const version = { ...invocation, module_ref: 'module://test/summarise/2' };
  for (const wrong of [chainless, other, version]) {
    assert.equal(governor.try('module.invoke', wrong), 'module.moved');
  }
  assert.equal(
    governor.try('module.finish', governor.finish(invocation)),
    'invocation.not_started',
  );
  const begun = governor.do('module.invoke', invocation);
  const reference = `invocation://${governor.nodeId.slice(-32)}/${hashOf(invocation)}`;
  assert.match(JSON.stringify(begun.events), new RegExp(`"${reference}"`));
  assert.equal(governor.try('module.invoke', invocation), 'invocation.exists');
  const written = agent.write('/notes/by-module');
  const covering = governor.finish(invocation, [written.request]);
  agent.decide(written);
  assert.equal(governor.try('module.finish', covering), 'invocation.not_executed');
  agent.complete(written);
  const twice = governor.finish(invocation, [written.request, written.request]);
  assert.equal(governor.try('module.finish', twice), 'invocation.not_executed');
  const entry = governor.do('module.finish', covering);
  const { execution_hash } = agent.action(written.request);
  assert.match(JSON.stringify(entry.events), new RegExp(`"receipt_hashes":\\["${execution_hash}"`));
  assert.equal(governor.try('module.finish', covering), 'invocation.not_started');
});
