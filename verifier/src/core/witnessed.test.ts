import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { smallLog } from '@ioi/law/testing';
import { formatTlogProof, inclusionProof, leafHash, nodesFromLeaves } from '@ioi/merkle';
import { TestWitness, verdict, verifyText } from '../testing/index.ts';
import { verifyWitnessed, type WitnessDemand } from './witnessed.ts';

const [one, two, three] = ['1', '2', '3'].map((name) => new TestWitness(`w.example/${name}`)) as [
  TestWitness,
  TestWitness,
  TestWitness,
];
const agent = smallLog();
const early = await agent.node.note();
agent.decide(agent.write('/notes/more'));
const file = await agent.node.export();
const cosigned = await two.cosign(await one.cosign(early, 100n), 200n);

function outcome(text: string, demand: WitnessDemand): string {
  const witnessed = verifyWitnessed(text, demand);
  if (!witnessed.ok) return witnessed.error.code;
  return witnessed.value.cosigners.map(({ name, timestamp }) => `${name} ${timestamp}`).join(', ');
}

test('as many of the witnesses named as are needed must have cosigned', () => {
  const witnesses = [...one.keys, ...two.keys, ...three.keys];
  const both = 'w.example/1 100, w.example/2 200';
  assert.equal(outcome(cosigned, { witnesses, needed: 2 }), both);
  assert.equal(outcome(cosigned, { witnesses, needed: 3 }), 'witness.missing');
  assert.equal(outcome(cosigned, { witnesses: one.keys, needed: 1 }), 'w.example/1 100');
  assert.equal(outcome(cosigned, { witnesses: three.keys, needed: 1 }), 'witness.missing');
  assert.equal(outcome(early, { witnesses, needed: 1 }), 'witness.missing');
});

test('a witness counts once, with every key that was named for it', () => {
  const [classic, quantum] = one.keys;
  const lines = cosigned.split('\n');
  const classicOnly = lines.filter((line, at) => at < 6 || line.length < 300).join('\n');
  assert.equal(outcome(classicOnly, { witnesses: [classic], needed: 1 }), 'w.example/1 100');
  assert.equal(outcome(classicOnly, { witnesses: one.keys, needed: 1 }), 'witness.missing');
  assert.equal(outcome(cosigned, { witnesses: [classic, quantum], needed: 2 }), 'witness.missing');
});

test('a wrong line of a named witness refuses, and what is no note says nothing', async () => {
  const other = await one.cosign(await agent.node.note(), 100n);
  const [, , , , , , ...moved] = other.split('\n');
  const forged = `${early}${moved.join('\n')}`;
  assert.equal(outcome(forged, { witnesses: one.keys, needed: 1 }), 'witness.bad_signature');
  assert.equal(outcome(forged, { witnesses: two.keys, needed: 1 }), 'witness.missing');
  assert.equal(outcome('nothing', { witnesses: one.keys, needed: 1 }), 'witness.malformed');
});

test('a tlog-proof carries the witnesses of its checkpoint', () => {
  const size = Number(early.split('\n')[1]);
  const leaves = agent.node.texts.slice(0, size).map((text) => leafHash(encodeUtf8(text)));
  const path = inclusionProof(
    nodesFromLeaves((index) => leaves[index] as Uint8Array),
    2,
    size,
  );
  const proof = formatTlogProof({ index: 2, path, checkpoint: cosigned });
  assert.equal(outcome(proof, { witnesses: two.keys, needed: 1 }), 'w.example/2 200');
  const demand = { witnesses: two.keys, needed: 1 };
  assert.ok(verifyText(file, { witnessed: { text: proof, demand } }).ok);
});

test('an export continues what witnesses cosigned, or is refused', async () => {
  const demand = { witnesses: [...one.keys, ...two.keys], needed: 2 };
  const report = verifyText(file, { witnessed: { text: cosigned, demand } });
  assert.ok(report.ok);
  assert.equal(report.witnessed?.checkpoint.size, Number(early.split('\n')[1]));
  assert.equal(report.witnessed?.cosigners.length, 2);
  const fork = smallLog();
  fork.decide(fork.write('/notes/other'));
  const forked = await fork.node.export();
  const ahead = await two.cosign(await one.cosign(await agent.node.note(), 300n), 300n);
  const last = `@${fork.node.texts.length - 1}`;
  const asked = { witnessed: { text: ahead, demand } };
  assert.equal(verdict(verifyText(forked, asked)), `expect.fork ${last}`);
  assert.equal(verdict(verifyText(await smallLog().node.export(), asked)), 'expect.older_export');
  const lone = { text: early, demand };
  assert.equal(verdict(verifyText(file, { witnessed: lone })), 'witness.missing');
  const stranger = await new TestWitness('w.example/1').cosign(early, 1n);
  assert.equal(
    verdict(verifyText(file, { witnessed: { text: stranger, demand } })),
    'witness.missing',
  );
});

test('what witnesses cosigned must be a checkpoint that this guardian signed', async () => {
  const other = await smallLog({ seed: 'other' }).node.note();
  const demand = { witnesses: one.keys, needed: 1 };
  const text = await one.cosign(other, 1n);
  assert.equal(verdict(verifyText(file, { witnessed: { text, demand } })), 'expect.other_log');
  const [head = '', lines = ''] = cosigned.split('\n\n');
  const unsigned = `${head}\n\n${lines.split('\n').slice(2).join('\n')}`;
  assert.equal(
    verdict(verifyText(file, { witnessed: { text: unsigned, demand } })),
    'expect.bad_signature',
  );
});
