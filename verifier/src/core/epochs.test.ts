import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { generateHybridKey } from '@ioi/crypto/shell';
import { EPOCH_CHANGE } from '@ioi/law';
import { type DraftedEpoch, readEntry, smallLog, TestNode, textOf } from '@ioi/law/testing';
import { consistencyProof, inclusionProof, leafHash, nodesFromLeaves } from '@ioi/merkle';
import type { ChangeEpoch, ConsistencyProof } from '@ioi/protocol';
import { changedBytes, faultOf, sweep, verdict, verifyText } from '../testing/index.ts';
import { verifyContinues } from './continues.ts';
import { verifyFaultProof } from './fault-proof.ts';

type Agent = ReturnType<typeof smallLog>;

/** A log that another guardian took over, and went on. */
async function takenOver(reason: ChangeEpoch['reason'] = 'handover') {
  const agent = smallLog();
  const before = await agent.node.note();
  const drafted = await agent.node.draftEpoch(reason);
  agent.node.beginEpoch(drafted);
  const at = agent.node.texts.findIndex((text) => text.includes(EPOCH_CHANGE));
  act(agent);
  return { agent, node: agent.node, before, drafted, at };
}

function act(agent: Agent): void {
  agent.decide(agent.write('/notes/more'));
}

/** The verdict on a log that a guardian took over by this change, whoever let it. */
async function verdictOn(node: TestNode, { change, key }: DraftedEpoch): Promise<string> {
  const at = node.texts.length;
  node.beginEpoch({ change: (await node.draftEpoch()).change, key });
  return verdict(verifyText(await node.forge(changedAt(node.texts, at, change))));
}

/** The entries with another change of epoch at a place, and the commit of it to match. */
function changedAt(texts: readonly string[], at: number, change: ChangeEpoch): string[] {
  const changed = readEntry(texts[at] ?? '').entry;
  const commit = readEntry(texts[at + 1] ?? '').entry;
  const { epoch } = change;
  return texts
    .with(at, textOf({ ...changed, payload: { ...change } }))
    .with(at + 1, textOf({ ...commit, payload: { ...commit.payload, epoch } }));
}

test('a log of several epochs verifies, and says so', async () => {
  const { agent, node } = await takenOver();
  node.beginEpoch(await node.draftEpoch('restore'));
  act(agent);
  const report = verifyText(await node.export());
  assert.equal(verdict(report), 'ok');
  assert.ok(report.ok);
  const said = report.summary.epochs.map(({ epoch, reason }) => `${epoch} ${reason}`);
  assert.deepEqual(said, ['1 handover', '2 restore']);
});

test('the key in force at its end signs a log, and no other', async () => {
  const { node, at } = await takenOver();
  const old = new TestNode({ seed: 'test' });
  const oldNote = await old.note(node.texts);
  const [header = '', ...lines] = (await node.export()).split('\n');
  const { note } = JSON.parse(header);
  const signedBy = (other: string): string => {
    const changed = header.replace(JSON.stringify(note), JSON.stringify(other));
    return verdict(verifyText([changed, ...lines].join('\n')));
  };
  assert.equal(signedBy(note), 'ok');
  assert.equal(signedBy(oldNote), 'note.bad_signature', 'the guardian before');
  const unmade = node.texts.slice(0, at);
  const early = await node.forge(unmade);
  assert.equal(verdict(verifyText(early)), 'note.bad_signature', 'without the record of it');
});

test('an epoch follows the log that is right before it', async () => {
  const { node } = smallLog();
  const other = smallLog();
  other.decide(other.write('/notes/other'));
  const size = node.texts.length;
  const { change, key } = await node.draftEpoch();
  const note = await other.node.note(other.node.texts.slice(-size));
  const wrongRoot = node.signEpoch({ ...change, predecessor: { size: String(size), note } });
  assert.equal(await verdictOn(node, { change: wrongRoot, key }), `epoch.wrong_root @${size}`);
});

test('an epoch begins where the one before ended, next after it', async () => {
  const cases: [string, (change: ChangeEpoch, node: TestNode) => Promise<Partial<ChangeEpoch>>][] =
    [
      [
        'epoch.wrong_place',
        async (_, node) => {
          const texts = node.texts.slice(0, -1);
          return { predecessor: { size: String(texts.length), note: await node.note(texts) } };
        },
      ],
      ['epoch.not_next', async (_, { genesis }) => ({ epoch: '2', origin: `${genesis.origin}/2` })],
      ['epoch.bad_key', async (_, { genesis }) => ({ origin: genesis.origin })],
      [
        'epoch.not_sealed',
        async ({ predecessor: { size } }, node) => {
          const stranger = new TestNode({ seed: 'stranger' });
          return { predecessor: { size, note: await stranger.note(node.texts) } };
        },
      ],
    ];
  for (const [code, change] of cases) {
    const { node } = smallLog();
    const size = node.texts.length;
    const drafted = await node.draftEpoch();
    const changed = { ...drafted.change, ...(await change(drafted.change, node)) };
    const forged = { change: node.signEpoch(changed), key: drafted.key };
    assert.equal(await verdictOn(node, forged), `${code} @${size}`);
  }
});

test('nobody but the owner appoints who seals, and for this log alone', async () => {
  const { node: one } = smallLog();
  const size = one.texts.length;
  const domain = 'agentgres://domain/example.org';
  const unsigned = [
    (node: TestNode, change: ChangeEpoch) => node.signEpoch(change, generateHybridKey()),
    (node: TestNode, change: ChangeEpoch) => node.signEpoch(change, node.owner, domain),
  ];
  for (const sign of unsigned) {
    const { node } = smallLog();
    const { change, key } = await node.draftEpoch();
    const forged = { change: sign(node, change), key };
    assert.equal(await verdictOn(node, forged), `epoch.not_authorised @${size}`);
  }
});

test('a change that was made is not made again', async () => {
  const { node, drafted } = await takenOver();
  const at = node.texts.length;
  node.beginEpoch(await node.draftEpoch());
  const forged = await node.forge(changedAt(node.texts, at, drafted.change));
  assert.equal(verdict(verifyText(forged)), `epoch.wrong_place @${at}`);
});

test('a commit has one change of epoch at most, and begins with it', async () => {
  const { agent, node, at } = await takenOver();
  const change = readEntry(node.texts[at] ?? '').entry;
  const register = agent.node.texts.findIndex((text) => text.includes('contract.register'));
  const plain = readEntry(node.texts[register] ?? '').entry;
  const second = node.texts.length;
  agent.node.seal(
    node.propose('contract.register', plain.payload),
    node.propose('contract.register', plain.payload),
  );
  const later = readEntry(node.texts[second + 1] ?? '').entry;
  const moved = { ...change, seq: later.seq, height: later.height, chain_time: later.chain_time };
  const forged = await node.forge(node.texts.with(second + 1, textOf(moved)));
  assert.equal(verdict(verifyText(forged)), `epoch.misplaced @${second + 1}`);
  const twice = { ...moved, seq: String(second) };
  const both = node.texts.with(second, textOf(twice)).with(second + 1, textOf(moved));
  assert.equal(verdict(verifyText(await node.forge(both))), `epoch.misplaced @${second + 1}`);
});

test('commits carry the epoch in force', async () => {
  const { node } = await takenOver();
  const last = node.texts.length - 1;
  const entry = readEntry(node.texts[last] ?? '').entry;
  const changed = textOf({ ...entry, payload: { ...entry.payload, epoch: '0' } });
  const forged = await node.forge(node.texts.with(last, changed));
  assert.equal(verdict(verifyText(forged)), `commit.wrong_stamp @${last}`);
});

test('a change of epoch that a crash left unsealed counts where the recovery says so', async () => {
  const agent = smallLog();
  const { node } = agent;
  const drafted = await node.draftEpoch();
  node.crash([node.takeOver(drafted)]);
  node.recover();
  act(agent);
  assert.equal(verdict(verifyText(await node.export())), 'ok');
});

test('a checkpoint of an earlier epoch is continued', async () => {
  const { node, before } = await takenOver();
  const file = await node.export();
  assert.equal(verdict(verifyText(file, { expect: before })), 'ok');
  assert.equal(verdict(verifyText(file, { expect: await node.note() })), 'ok');
  const genesis = new TestNode({ seed: 'test' });
  const forked = await genesis.note(smallLog().node.texts.slice(0, 3).reverse());
  assert.equal(verdict(verifyText(file, { expect: forked })), 'expect.fork @2');
});

test('what a restore lost, or who was replaced goes on to sign, is not continued', async () => {
  const agent = smallLog();
  const { node } = agent;
  const before = new TestNode({ seed: 'test' });
  const lost = await before.note([...node.texts, 'sealed', 'and', 'lost']);
  node.beginEpoch(await node.draftEpoch('restore'));
  for (let more = 0; more < 3; more += 1) act(agent);
  const file = await node.export();
  assert.equal(verdict(verifyText(file)), 'ok');
  assert.equal(verdict(verifyText(file, { expect: lost })), 'expect.other_epoch');
  const proof = await proofOf(node, Number(lost.split('\n')[1]));
  assert.equal(continues(lost, proof), 'expect.other_epoch');
});

test('a log is held against a checkpoint of an earlier epoch without its entries', async () => {
  const { node, before, drafted } = await takenOver();
  const proof = await proofOf(node, Number(before.split('\n')[1]));
  assert.equal(continues(before, proof), 'ok');
  const { epochs: _, ...without } = proof;
  assert.equal(continues(before, without), 'note.bad_signature');
  const [change] = proof.epochs ?? [];
  assert.ok(change);
  const forge = (payload: ChangeEpoch): ConsistencyProof => {
    const { entry } = readEntry(change.text);
    return {
      ...proof,
      epochs: [{ ...change, text: textOf({ ...entry, payload: { ...payload } }) }],
    };
  };
  const stranger = node.signEpoch(drafted.change, generateHybridKey());
  assert.equal(continues(before, forge(stranger)), 'epoch.not_authorised');
  const restored = node.signEpoch({ ...drafted.change, reason: 'restore' });
  assert.equal(continues(before, forge(restored)), 'log.root_mismatch');
  assert.equal(continues(before, { ...proof, epochs: [proof.genesis] }), 'epoch.misplaced');
});

test('a fork within a later epoch is shown; one epoch after another is none', async () => {
  const { node, before } = await takenOver();
  const forked = await node.note([...node.texts.slice(0, -1), 'another']);
  const fork = await faultOf(node, node.texts, forked);
  const shown = verifyFaultProof(fork);
  assert.equal(shown.ok ? shown.value.kind : shown.error.code, 'fork');
  const { epochs: _, ...evidence } = fork.evidence ?? assert.fail();
  const unnamed = verifyFaultProof({ ...fork, evidence });
  assert.equal(unnamed.ok ? 'shown' : unnamed.error.code, 'note.bad_signature');
  const declared = verifyFaultProof(await faultOf(node, node.texts, before));
  assert.equal(declared.ok ? 'shown' : declared.error.code, 'fault.not_shown');
});

test('bytes all over an export of two epochs are covered', async () => {
  const { node } = await takenOver();
  const file = encodeUtf8(await node.export());
  const { accepted } = sweep(changedBytes(file, everyNth(file.length, 211), () => 1));
  assert.deepEqual(accepted, []);
});

function* everyNth(length: number, step: number): Generator<number> {
  for (let at = 0; at < length; at += step) yield at;
}

function continues(remembered: string, proof: ConsistencyProof): string {
  const held = verifyContinues(remembered, proof);
  return held.ok ? 'ok' : held.error.code;
}

/** As a node gives it. */
async function proofOf(node: TestNode, from: number): Promise<ConsistencyProof> {
  const { texts } = node;
  const leaves = texts.map((text) => leafHash(text));
  const nodes = nodesFromLeaves((index) => leaves[index] as Uint8Array);
  const included = (seq: number) => {
    const path = inclusionProof(nodes, seq, texts.length).map(encodeBase64);
    return { seq: String(seq), text: texts[seq] ?? '', path };
  };
  const changes = texts.flatMap((text, seq) => (text.includes(EPOCH_CHANGE) ? [seq] : []));
  return {
    note: await node.note(),
    genesis: included(0),
    epochs: changes.map(included),
    path: consistencyProof(nodes, from, texts.length).map(encodeBase64),
  };
}
