import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeDomainOf } from '@ioi/law';
import { smallLog, TestNode } from '@ioi/law/testing';
import type { FaultProof } from '@ioi/protocol';
import { faultOf, TestWitness } from '../testing/index.ts';
import { type FaultOptions, verifyFaultProof } from './fault-proof.ts';

const witness = new TestWitness('w.example/1');
const believing: FaultOptions = { witnesses: witness.keys };
/** Seconds, between the Chain Times at which the logs below are sealed. */
const SEEN = 2_000n;
const EARLY = 1_000_000n;
const LATE = 3_000_000n;

function shown(proof: unknown, options: FaultOptions = believing): string {
  const verified = verifyFaultProof(proof, options);
  return verified.ok ? verified.value.kind : verified.error.code;
}

/** Two histories under one set of keys, the second sealed after the first was seen. */
function twoHistories() {
  const [first, second] = [smallLog({ chainTime: EARLY }), smallLog({ chainTime: EARLY })];
  first.decide(first.write('/notes/one'));
  first.decide(first.write('/notes/more'));
  second.node.chainTime = LATE;
  second.decide(second.write('/notes/two'));
  return { first: first.node, second: second.node };
}

async function forkAtSize(): Promise<FaultProof> {
  const { first, second } = twoHistories();
  const claimed = await first.note(first.texts.slice(0, second.texts.length));
  return faultOf(second, second.texts, claimed);
}

async function rollback(seen = SEEN): Promise<FaultProof> {
  const { first, second } = twoHistories();
  return faultOf(second, second.texts, await witness.cosign(await first.note(), seen));
}

/** A change by somebody who wants another fault believed, or another node blamed. */
function changed(proof: FaultProof, change: (copy: FaultProof) => void): FaultProof {
  const copy = structuredClone(proof);
  change(copy);
  return copy;
}

/** The Ed25519 line comes first. */
function withoutMlDsa(note: string): string {
  return `${note.split('\n').slice(0, 5).join('\n')}\n`;
}

test('two roots of one size under the same keys are a fork, whoever saw them', async () => {
  const proof = await forkAtSize();
  const { second } = twoHistories();
  const { node_id } = second.genesis;
  const of = { node_id, domain_id: nodeDomainOf(node_id) };
  assert.deepEqual(verifyFaultProof(proof), {
    ok: true,
    value: { kind: 'fork', ...of, signed_by: ['ed25519', 'ml_dsa_44'], size: second.texts.length },
  });
  assert.equal(shown(proof, { nodeId: second.genesis.node_id }), 'fork');
  const other = `node://local/${'0'.repeat(32)}`;
  assert.equal(shown(proof, { nodeId: other }), 'genesis.unexpected_node');
});

test('a fork signed by one line alone is named as that, unless that is enough', async () => {
  const proof = await forkAtSize();
  for (const at of [0, 1]) {
    const half = changed(proof, ({ checkpoints }) => {
      checkpoints[at] = withoutMlDsa(checkpoints[at] ?? '');
    });
    assert.equal(shown(half), 'fault.one_signature');
    const verified = verifyFaultProof(half, { isOneLineEnough: true });
    assert.ok(verified.ok && verified.value.kind === 'fork');
    assert.deepEqual(verified.value.signed_by, ['ed25519']);
  }
});

test('a larger log that begins otherwise is a fork as well', async () => {
  const { first, second } = twoHistories();
  const claimed = await second.note();
  const proof = await faultOf(first, first.texts, claimed);
  assert.ok(Number(proof.claimed.size) < first.texts.length);
  assert.equal(shown(proof), 'fork');
});

test('going on from fewer entries than a witness had seen is a rollback', async () => {
  const proof = await rollback();
  const verified = verifyFaultProof(proof, believing);
  assert.ok(verified.ok && verified.value.kind === 'rollback');
  const { seen, held, margin_ms: margin } = verified.value;
  assert.equal(seen, Number(proof.claimed.size));
  assert.equal(held, Number(proof.held.size));
  assert.equal(margin, Number(LATE - SEEN * 1000n));
});

test('a rollback is shown by a witness that is believed, and by time', async () => {
  const stranger = new TestWitness('w.example/2');
  assert.equal(shown(await rollback(), {}), 'witness.missing');
  assert.equal(shown(await rollback(), { witnesses: stranger.keys }), 'witness.missing');
  // Seen after the smaller log was sealed, it is only what that log became.
  assert.equal(shown(await rollback(LATE / 1000n)), 'fault.not_shown');
});

test('a log that only grew is nobody’s fault', async () => {
  const { first } = twoHistories();
  const early = first.texts.slice(0, first.texts.length - 2);
  const grown = await faultOf(first, first.texts, await first.note(early));
  assert.equal(shown(grown), 'fault.not_shown');
  const same = await faultOf(first, first.texts, await first.note());
  assert.equal(shown(same), 'fault.not_shown');
  const asRollback = changed(grown, (copy) => {
    copy.kind = 'log_rollback';
  });
  assert.equal(shown(asRollback), 'fault.not_shown');
});

test('nothing in a FaultProof can be changed into another fault', async () => {
  const proof = await forkAtSize();
  const other = await new TestNode({ seed: 'other' }).note();
  const evidence = proof.evidence;
  assert.ok(evidence);
  const cases: [string, (copy: FaultProof) => void, string][] = [
    ['the domain', (copy) => (copy.domain_id = 'agentgres://domain/x'), 'fault.malformed'],
    ['the claim', (copy) => (copy.claimed.root = copy.held.root), 'fault.malformed'],
    ['the size', (copy) => (copy.claimed.size = '1'), 'fault.malformed'],
    ['what is held', (copy) => (copy.held.root = copy.claimed.root), 'fault.not_shown'],
    ['another node’s note', (copy) => (copy.checkpoints[1] = other), 'note.bad_signature'],
    ['one note', (copy) => copy.checkpoints.pop(), 'fault.no_evidence'],
    ['no evidence', (copy) => delete copy.evidence, 'fault.no_evidence'],
    [
      'the last entry',
      (copy) => (copy.evidence = { ...evidence, latest: evidence.genesis }),
      'fault.no_evidence',
    ],
    [
      'genesis',
      (copy) => (copy.evidence = { ...evidence, genesis: evidence.latest }),
      'genesis.missing',
    ],
    ['the kind', (copy) => (copy.kind = 'log_rollback'), 'fault.not_shown'],
  ];
  for (const [what, change, code] of cases) assert.equal(shown(changed(proof, change)), code, what);
  assert.equal(shown({}), 'fault.malformed');
  assert.equal(shown(undefined), 'fault.malformed');
});
