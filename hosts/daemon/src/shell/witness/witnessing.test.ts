import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { ScriptedWitness } from '../../testing/scripted-witness.ts';
import type { Contradiction } from './ask-witness.ts';
import { WitnessMemory } from './witness-memory.ts';
import { type WitnessedNote, Witnessing } from './witnessing.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-witnessing-'));
const witness = await ScriptedWitness.start();
after(() => {
  witness.close();
  rmSync(folder, { recursive: true });
});
const { kit } = witness;
const leaves = kit.leaves(10);
const noteOf = (size: number): string => kit.note(leaves.slice(0, size));
const answerOf = (size: number) => witness.cosigned(leaves.slice(0, size)).answer;

let made = 0;
let witnessed: WitnessedNote[];
let contradictions: Contradiction[];
let witnessing: Witnessing;

beforeEach(() => {
  [witnessed, contradictions] = [[], []];
  Object.assign(witness, { script: { answers: [] }, asked: [] });
  witnessing = new Witnessing({
    targets: [witness.target],
    log: witness.logOf(leaves),
    // Of its own: the rounds of an earlier test may still write.
    memory: new WitnessMemory(join(folder, `witnessed-${made++}.json`)),
    onWitnessed: (each) => void witnessed.push(each),
    onContradiction: (each) => void contradictions.push(each),
  });
});

test('of many checkpoints the first and the newest are offered, a second apart', async () => {
  witness.script = { answers: [answerOf(4), answerOf(9)] };
  const begun = performance.now();
  for (const size of [4, 5, 6, 7, 8, 9]) witnessing.offer(noteOf(size));
  await until('both are witnessed', () => witnessed.length === 2);
  assert.ok(performance.now() - begun >= 990);
  assert.deepEqual(witness.asked, ['old 0', 'old 4']);
  assert.deepEqual(
    witnessed.map(({ size }) => size),
    [4, 9],
  );
  assert.deepEqual(witnessing.witnessed, witnessed[1]);
  assert.equal(witnessing.witnessed?.note, witness.cosigned(leaves.slice(0, 9)).note);
});

test('a witness that is away is shown with what it cosigned last, and when', async () => {
  witness.script = { answers: [answerOf(4)] };
  await witnessing.round(noteOf(4));
  const [before] = witnessing.status();
  await witnessing.round(noteOf(9));
  const [after] = witnessing.status();
  assert.deepEqual([before?.state, after?.state], ['cosigned', 'not_cosigned']);
  assert.deepEqual([after?.size, after?.seen], [4, before?.seen]);
  assert.notEqual(after?.seen, undefined);
});

test('a checkpoint that comes late is not offered after a larger one', async () => {
  witness.script = { answers: [answerOf(9), answerOf(9)] };
  await witnessing.round(noteOf(9));
  witnessing.offer(noteOf(4));
  assert.deepEqual(witness.asked, ['old 0']);
  // The same one may have got its second signature meanwhile.
  witnessing.offer(noteOf(9));
  await until('it is asked again', () => witness.asked.length === 2);
});

test('who did not cosign is named in the status, with what was cosigned before', async () => {
  assert.deepEqual(witnessing.status(), [
    { name: 'one', required: false, state: 'not_asked', size: 0 },
  ]);
  witness.script = { answers: [answerOf(4)] };
  await witnessing.round(noteOf(4));
  assert.deepEqual(witnessing.status(), [
    {
      name: 'one',
      required: false,
      state: 'cosigned',
      size: 4,
      seen: '2023-11-14T22:13:20.000Z',
    },
  ]);
  await witnessing.round(noteOf(9));
  const [status] = witnessing.status();
  assert.deepEqual(
    [status?.state, status?.size, status?.code],
    ['not_cosigned', 4, 'witness.refused'],
  );
  assert.equal(witnessing.witnessed?.size, 4);
});

test('a contradiction is told at once, and nothing of that round is kept', async () => {
  witness.script = { answers: [{ status: 409, body: '12\n' }] };
  await witnessing.round(noteOf(9));
  assert.deepEqual(
    contradictions.map(({ code, witness: name }) => [code, name]),
    [['log.rolled_back', 'one']],
  );
  assert.equal(witnessing.witnessed, undefined);
  witnessing.offer(noteOf(9));
  assert.equal(witness.asked.length, 1, 'it is not asked again');
});
