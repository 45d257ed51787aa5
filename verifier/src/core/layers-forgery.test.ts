import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  draftsPolicy,
  notesPolicy,
  policyText,
  readEntry,
  smallLog,
  TestOrganisation,
} from '@ioi/law/testing';
import type { ActionRules } from '@ioi/protocol';
import { type LooseEntry, verdict, verdictOnForged, verifyText } from '../testing/index.ts';

// In all of these the guardian signed: what is wrong only shows when the log is decided again.

const nothing: ActionRules = { ...notesPolicy, policy_id: 'none', rules: [] };
const agent = smallLog();
const { node } = agent;
const organisation = new TestOrganisation(agent);
organisation.pin();
organisation.accept(draftsPolicy);
organisation.accept(nothing, { version: '2' });
const bounded = agent.write('/notes/bounded');
agent.decide(bounded);
organisation.unpin();
agent.decide(agent.write('/notes/free'));

const entries = node.texts.map((text) => readEntry(text).entry);

function place(operation: string, nth = 0): number {
  const places = entries.flatMap((each, seq) => (each.operation === operation ? [seq] : []));
  const at = places.at(nth);
  assert.ok(at !== undefined, operation);
  return at;
}

type Bundle = Record<string, unknown> & { signature: Record<string, string> };

async function changed(at: number, edit: (entry: LooseEntry) => void): Promise<string> {
  const outcome = await verdictOnForged(node, (all) => edit(all[at] as LooseEntry));
  return outcome.replace(` @${at}`, '');
}

function bundleIn({ payload }: LooseEntry): Bundle {
  return (payload as unknown as { bundle: Bundle }).bundle;
}

test('a log with an organisation verifies, with the rules of its bundles', async () => {
  const text = await node.export();
  assert.equal(verdict(verifyText(text)), 'ok');
  for (const rules of [draftsPolicy, nothing]) {
    const others = [...node.payloads.values()].filter((each) => each !== policyText(rules));
    assert.equal(others.length, node.payloads.size - 1, rules.policy_id);
    const without = verdict(verifyText(await node.forge(node.texts, others)));
    assert.match(without, /^payload\.missing/);
  }
});

test('a bundle that the pinned key did not sign is not replayed', async () => {
  const at = place('boundary/bundle.accept', 1);
  const lies: readonly (readonly [string, unknown])[] = [
    ['version', '3'],
    ['stale', 'keep'],
    ['max_age_ms', '1'],
    ['issued', '1'],
  ];
  for (const [name, value] of lies) {
    const outcome = await changed(at, (entry) => {
      bundleIn(entry)[name] = value;
    });
    assert.equal(outcome, 'replay.refused', name);
  }
  for (const half of ['ed25519', 'ml_dsa_44']) {
    const outcome = await changed(at, (entry) => {
      bundleIn(entry).signature[half] = '';
    });
    assert.equal(outcome, 'replay.refused', half);
  }
});

test('an older bundle is not replayed after a newer one', async () => {
  const [first, second] = [place('boundary/bundle.accept'), place('boundary/bundle.accept', 1)];
  const outcome = await verdictOnForged(node, (all) => {
    const [older, newer] = [all[first] as LooseEntry, all[second] as LooseEntry];
    [older.payload, newer.payload] = [newer.payload, older.payload];
    [older.events, newer.events] = [newer.events, older.events];
  });
  assert.match(outcome, /^replay\.|^payload\./);
});

test('a receipt that leaves the ceiling out, or names another layer, is not replayed', async () => {
  const at = place('boundary/action.decide', -2);
  for (const [name, value] of [
    ['layer', 'local'],
    ['layer', undefined],
    ['ceiling_hash', undefined],
  ] as const) {
    const outcome = await changed(at, (entry) => {
      const emitted = entry.events[0] as unknown as { receipt: { body: Record<string, unknown> } };
      assert.equal(emitted.receipt.body['layer'], 'organisation');
      if (value === undefined) delete emitted.receipt.body[name];
      else emitted.receipt.body[name] = value;
    });
    assert.equal(outcome, 'replay.differs', name);
  }
});

test('unpinning without its token is not replayed', async () => {
  const at = place('governance/organisation.unpin');
  const outcome = await changed(at, (entry) => {
    delete (entry.payload as Record<string, unknown>)['token'];
    delete (entry.payload as Record<string, unknown>)['request'];
  });
  assert.match(outcome, /^replay\.(refused|differs)$/);
});
