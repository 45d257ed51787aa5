import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commitSummaryOf } from '@ioi/law';
import { readEntry, smallLog, textOf } from '@ioi/law/testing';
import { verdict, verifyText, voidingFrom } from '../testing/index.ts';

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
