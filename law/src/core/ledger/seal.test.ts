import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { formatNote, type NoteKey, noteKeysOf, parseNote } from '@ioi/crypto';
import { Frontier, leafHash } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import {
  payContract,
  readEntry,
  smallLog,
  type TestAgent,
  writeContract,
} from '../../testing/index.ts';
import { sealedActionOf, verifySeal } from './seal.ts';

function keysOf(agent: TestAgent): readonly NoteKey[] {
  const { guardian_key, origin } = agent.node.genesis;
  const keys = noteKeysOf(guardian_key, origin);
  assert.ok(keys.ok);
  return [keys.value.ed25519, keys.value.mlDsa44];
}

function frontierOf(texts: readonly string[]): Frontier {
  return texts.reduce((all, text) => all.append(leafHash(encodeUtf8(text))), Frontier.empty);
}

function decisionIn(agent: TestAgent): LogEntry {
  const entries = agent.node.texts.map((text) => readEntry(text).entry);
  const decision = entries.find((entry) => entry.operation === 'boundary/action.decide');
  assert.ok(decision);
  return decision;
}

test('a seal holds for the log it was made over and no other', async () => {
  const agent = smallLog();
  const { texts, genesis } = agent.node;
  const note = await agent.node.note();
  const keys = keysOf(agent);
  assert.ok(verifySeal(note, genesis.origin, keys, frontierOf(texts)).ok);
  const refused = [
    verifySeal(note, genesis.origin, keys, frontierOf(texts.slice(0, -1))),
    verifySeal(note, genesis.origin, keys, frontierOf([...texts].reverse())),
    verifySeal(note, 'ioi.local/other', keys, frontierOf(texts)),
  ];
  for (const seal of refused) assert.ok(!seal.ok && seal.error.code === 'seal.differs');
  const strangers = keysOf(smallLog({ seed: 'stranger' }));
  const unknown = verifySeal(note, genesis.origin, strangers, frontierOf(texts));
  assert.ok(!unknown.ok && unknown.error.code === 'seal.bad_note');
});

test('every key that is asked for must have signed', async () => {
  const agent = smallLog();
  const note = parseNote(await agent.node.note());
  assert.ok(note.ok);
  const frontier = frontierOf(agent.node.texts);
  const { origin } = agent.node.genesis;
  const [ed25519, mlDsa44] = keysOf(agent);
  const half = formatNote({ ...note.value, signatures: note.value.signatures.slice(0, 1) });
  assert.ok(ed25519 && mlDsa44);
  assert.ok(verifySeal(half, origin, [ed25519], frontier).ok);
  const missing = verifySeal(half, origin, [ed25519, mlDsa44], frontier);
  assert.ok(!missing.ok && missing.error.code === 'seal.bad_note');
});

test('only a committed action under its own contract can be performed', async () => {
  const agent = smallLog();
  const { texts, genesis } = agent.node;
  const seal = verifySeal(
    await agent.node.note(),
    genesis.origin,
    keysOf(agent),
    frontierOf(texts),
  );
  assert.ok(seal.ok);
  const decision = decisionIn(agent);
  const action = sealedActionOf(seal.value, decision, writeContract);
  assert.equal(action?.committed.executor, genesis.node_id);
  assert.equal(action?.seq, BigInt(decision.seq));
  assert.equal(sealedActionOf(seal.value, decision, payContract), undefined);
  const beyond = { ...decision, seq: String(texts.length) };
  assert.equal(sealedActionOf(seal.value, beyond, writeContract), undefined);
  const blocked = readEntry(texts.at(-2) ?? '').entry;
  assert.equal(blocked.operation, 'boundary/action.decide');
  assert.equal(sealedActionOf(seal.value, blocked, writeContract), undefined);
});
