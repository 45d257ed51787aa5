import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyToTree,
  COMMIT_OPERATION,
  commitSummaryOf,
  emptyView,
  foldEntries,
  rootDigest,
} from '@ioi/law';
import { readEntry, smallLog, type TestNode, textOf } from '@ioi/law/testing';
import { StateTree } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import { verdict, verifyText } from '../testing/index.ts';

type Log = Pick<TestNode, 'texts' | 'modules'>;

/** A commit entry as of a recovery that voids every operation from a place on. */
function voidingFrom(node: Log, first: number, kept: readonly LogEntry[] = []): string {
  const before = node.texts.slice(0, first).map((text) => readEntry(text).entry);
  const all = [...before, ...kept];
  const operations = all.filter(({ operation }) => operation !== COMMIT_OPERATION);
  const heads = foldEntries(operations, node.modules, emptyView);
  assert.ok(heads.ok);
  const tree = new StateTree();
  applyToTree(tree, heads.value);
  const tail = node.texts.slice(first).map((text) => readEntry(text).entry);
  const [closing] = tail.filter((entry) => commitSummaryOf(entry)).slice(-1);
  assert.ok(closing && tail[0]);
  const voided = tail
    .filter(({ operation }) => operation !== COMMIT_OPERATION)
    .map(({ seq }) => ({ seq, code: 'log.unsealed' }));
  const payload = {
    ...closing.payload,
    first_seq: String(first),
    recovered: true,
    state_root: rootDigest(tree),
    voided,
  };
  const seq = String(node.texts.length + kept.length);
  const { height } = tail[0];
  const chain_time = before.at(-1)?.chain_time ?? '0';
  return textOf({ ...closing, seq, height, chain_time, payload });
}

test('what is remembered as sealed is not voided by a recovery that comes later', async () => {
  const { node } = smallLog();
  const expect = await node.note();
  const first = Number(commitSummaryOf(readEntry(node.texts.at(-1) ?? '').entry)?.first_seq);
  const file = await node.forge([...node.texts, voidingFrom(node, first)]);
  const last = node.texts.length;
  assert.equal(verdict(verifyText(file)), 'ok', 'without a memory nobody can tell');
  assert.equal(verdict(verifyText(file, { expect })), `expect.fork @${last}`);
  const unsigned = expect.split('\n').slice(0, 3).join('\n');
  assert.equal(verdict(verifyText(file, { expect: unsigned })), `expect.fork @${last}`);
  const before = await node.note(node.texts.slice(0, first));
  assert.equal(verdict(verifyText(file, { expect: before })), 'ok');
});

test('who takes over voids nothing of what the one before sealed', async () => {
  const { node } = smallLog();
  const first = Number(commitSummaryOf(readEntry(node.texts.at(-1) ?? '').entry)?.first_seq);
  const sealed = [...node.texts];
  const drafted = await node.draftEpoch();
  node.beginEpoch(drafted);
  const height = readEntry(sealed[first] ?? '').entry.height;
  const [change, commit] = node.texts.slice(-2).map((text) => readEntry(text).entry);
  assert.ok(change && commit);
  const moved = { ...change, height };
  const voiding = readEntry(
    voidingFrom({ modules: node.modules, texts: sealed }, first, [moved]),
  ).entry;
  const payload = { ...voiding.payload, epoch: drafted.change.epoch };
  const closing = { ...voiding, chain_time: change.chain_time, payload };
  const file = await node.forge([...sealed, textOf(moved), textOf(closing)]);
  assert.equal(verdict(verifyText(file)), `epoch.misplaced @${sealed.length}`);
});
