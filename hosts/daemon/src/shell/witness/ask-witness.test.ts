import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Frontier } from '@ioi/merkle';
import { LogKit } from '@ioi/witness/testing';
import { type Script, type Scripted, ScriptedWitness } from '../../testing/scripted-witness.ts';
import { type Asked, askWitness, type Outcome } from './ask-witness.ts';
import { WitnessMemory } from './witness-memory.ts';
import { offerOf } from './witnessing.ts';

const witness = await ScriptedWitness.start();
after(() => witness.close());
const { kit, target } = witness;

/** A log of ten entries, of which `size` are offered. */
function asking(size = 10): Asked {
  const leaves = kit.leaves(10);
  return { log: witness.logOf(leaves), offer: offerOf(kit.note(leaves.slice(0, size))) };
}

async function ask(script: Script, asked = asking(), known = Frontier.empty): Promise<Outcome> {
  Object.assign(witness, { script, asked: [] });
  return askWitness(target, asked, known);
}

function codeOf(outcome: Outcome): string {
  if (outcome.kind === 'cosigned') return 'cosigned';
  return outcome.kind === 'not_cosigned' ? outcome.code : outcome.contradiction.code;
}

function frontierOf(size: number, history?: string): Frontier {
  return witness.frontierOf(size, history);
}

function cosigned(leaves: readonly Uint8Array[]) {
  return witness.cosigned(leaves);
}

const { answer: good } = cosigned(kit.leaves(10));
const conflict = (size: number): Scripted => ({ status: 409, body: `${size}\n` });

test('a witness is asked from where it stands, which it says when that is not known', async () => {
  const outcome = await ask({ answers: [conflict(4), good] });
  assert.equal(codeOf(outcome), 'cosigned');
  assert.deepEqual(witness.asked, ['old 0', 'old 4']);
  assert.ok(outcome.kind === 'cosigned' && outcome.frontier.size === 10);
  assert.equal(codeOf(await ask({ answers: [good] }, asking(), frontierOf(7))), 'cosigned');
  assert.deepEqual(witness.asked, ['old 7']);
});

test('what is remembered of another log misleads nobody', async () => {
  const known = frontierOf(7, 'other');
  assert.equal(codeOf(await ask({ answers: [conflict(4), good] }, asking(), known)), 'cosigned');
  assert.deepEqual(witness.asked, ['old 0', 'old 4']);
});

test('a larger log, shown or claimed, is a rollback', async () => {
  const { note } = cosigned(kit.leaves(12));
  const shown = await ask({ answers: [conflict(12)], shows: note });
  assert.ok(shown.kind === 'contradicted');
  assert.equal(shown.contradiction.code, 'log.rolled_back');
  assert.equal(shown.contradiction.shown?.note, note);
  const claimed = await ask({ answers: [conflict(12)] });
  assert.ok(claimed.kind === 'contradicted' && claimed.contradiction.shown === undefined);
  assert.match(claimed.contradiction.message, /it shows no checkpoint to prove it/);
});

test('another root, at this size or a smaller one, is a fork', async () => {
  const same = cosigned(kit.leaves(10, 'other', 3)).note;
  const smaller = cosigned(kit.leaves(6, 'other', 3)).note;
  const at = async (shows: string, answers: Scripted[]) => codeOf(await ask({ answers, shows }));
  assert.equal(await at(same, [conflict(10), conflict(10)]), 'log.forked');
  assert.equal(await at(smaller, [conflict(6), { status: 422, body: '' }]), 'log.forked');
});

test('a witness that shows what fits this log does not halt it', async () => {
  const { note } = cosigned(kit.leaves(6));
  const confused = await ask({ answers: [conflict(6), { status: 422, body: '' }], shows: note });
  assert.equal(codeOf(confused), 'witness.confused');
  // A checkpoint that is late is no rollback: the log itself has more.
  const late = await ask(
    { answers: [conflict(9)], shows: cosigned(kit.leaves(9)).note },
    asking(8),
  );
  assert.equal(codeOf(late), 'witness.ahead');
  assert.equal(codeOf(await ask({ answers: [conflict(9)] }, asking(8))), 'witness.ahead');
});

test('what a witness shows counts only with the signatures of log and witness', async () => {
  const thief = new LogKit();
  const leaves = kit.leaves(12);
  const { note } = cosigned(leaves);
  const [, lines = ''] = note.split('\n\n');
  const stolen = `${thief.note(leaves)}${lines.split('\n').slice(1).join('\n')}`;
  for (const shows of [stolen, kit.note(leaves), 'nothing']) {
    const outcome = await ask({ answers: [conflict(12)], shows });
    assert.ok(outcome.kind === 'contradicted' && outcome.contradiction.shown === undefined);
  }
});

test('a witness that forgot, never agrees or is away is named so', async () => {
  const known = frontierOf(7);
  assert.equal(codeOf(await ask({ answers: [conflict(3)] }, asking(), known)), 'witness.forgot');
  const moving = [conflict(3), conflict(4), conflict(5), conflict(6)];
  assert.equal(codeOf(await ask({ answers: moving })), 'witness.confused');
  const away = { ...target, url: 'http://127.0.0.1:1' };
  assert.equal(codeOf(await askWitness(away, asking(), known)), 'witness.unreachable');
  const long = { status: 200, body: 'a'.repeat(300_000) };
  assert.equal(codeOf(await ask({ answers: [long] })), 'witness.unreachable');
});

test('where a witness was is kept by its key, and what is damaged is forgotten', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-memory-'));
  const path = join(folder, 'witnessed.json');
  const memory = new WitnessMemory(path);
  await memory.keep(new Map([['key one', frontierOf(7)]]));
  await memory.keep(new Map([['key two', frontierOf(3)]]));
  const again = new WitnessMemory(path);
  assert.deepEqual(again.get('key one').root(), frontierOf(7).root());
  assert.equal(again.get('key two').size, 3);
  assert.equal(again.get('key three').size, 0);
  rmSync(folder, { recursive: true });
  assert.equal(new WitnessMemory(path).get('key one').size, 0);
});
