import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatCheckpoint,
  formatNote,
  formatSignatures,
  parseNote,
  witnessKeysOf,
} from '@ioi/crypto';
import { cosignCheckpoint, cosignCheckpointEd25519, generateHybridKey } from '@ioi/crypto/shell';
import { LogKit } from '../testing/index.ts';
import { type Asking, readAnswer, readShown } from './index.ts';

const kit = new LogKit();
const leaves = kit.leaves(9);
const checkpoint = kit.checkpoint(leaves);
const witnessKey = generateHybridKey();
const pair = witnessKeysOf(witnessKey.publicKey, 'w.example/1');
assert.ok(pair.ok);
const { ed25519, mlDsa44 } = pair.value;
const classic = cosignCheckpointEd25519(witnessKey, 'w.example/1', checkpoint, 1700000000n);
const quantum = await cosignCheckpoint(witnessKey, 'w.example/1', checkpoint, 1700000000n);

function asking(oldSize = 5, keys = [ed25519, mlDsa44]): Asking {
  return { text: formatCheckpoint(checkpoint), size: 9, oldSize, keys };
}

function read(status: number, body: string, about = asking()): string {
  const opinion = readAnswer(about, { status, body });
  return opinion.kind === 'refused' ? opinion.code : opinion.kind;
}

test('a cosignature counts when every key that was named made it', () => {
  const both = formatSignatures([classic, quantum]);
  const opinion = readAnswer(asking(), { status: 200, body: both });
  assert.deepEqual(opinion, {
    kind: 'cosigned',
    lines: [classic, quantum],
    timestamp: 1700000000n,
  });
  const one = formatSignatures([classic]);
  assert.equal(read(200, one), 'witness.bad_cosignature');
  assert.equal(read(200, one, asking(5, [ed25519])), 'cosigned');
  const stranger = cosignCheckpointEd25519(generateHybridKey(), 'w.example/2', checkpoint, 1n);
  assert.equal(read(200, formatSignatures([stranger])), 'witness.bad_cosignature');
  const kept = readAnswer(asking(5, [ed25519]), { status: 200, body: both });
  assert.ok(kept.kind === 'cosigned');
  assert.deepEqual(kept.lines, [classic]);
});

test('a cosignature of another checkpoint, or without a time, counts for nothing', async () => {
  const other = kit.checkpoint(kit.leaves(8));
  const wrong = cosignCheckpointEd25519(witnessKey, 'w.example/1', other, 1n);
  assert.equal(
    read(200, formatSignatures([wrong]), asking(5, [ed25519])),
    'witness.bad_cosignature',
  );
  const timeless = await cosignCheckpoint(witnessKey, 'w.example/1', checkpoint, 0n);
  const body = formatSignatures([timeless]);
  assert.equal(read(200, body, asking(5, [mlDsa44])), 'witness.bad_cosignature');
});

test('what a witness knows besides tells a lag from a rollback and from a fork', () => {
  assert.equal(read(409, '7\n'), 'ask_from');
  assert.equal(read(409, '0\n'), 'ask_from');
  assert.equal(read(409, '9\n'), 'ask_from');
  assert.equal(read(409, '12\n'), 'knows_more');
  assert.equal(read(409, '9\n', asking(9)), 'knows_other');
  assert.equal(read(422, ''), 'knows_other');
});

test('an answer that makes no sense is none', () => {
  assert.equal(read(409, '5\n'), 'witness.confused');
  assert.equal(read(409, 'five'), 'witness.confused');
  assert.equal(read(422, '', asking(0)), 'witness.refused');
  assert.equal(read(200, ''), 'witness.bad_cosignature');
  assert.equal(read(404, 'witness.unknown_log: not known'), 'witness.unknown_log');
  assert.equal(read(500, '<html>'), 'witness.refused');
});

test('a checkpoint is shown only if log and witness signed it', () => {
  const parsed = parseNote(kit.note(leaves));
  assert.ok(parsed.ok);
  const { text, signatures } = parsed.value;
  const keys = { log: [kit.noteKey], witness: [ed25519] };
  const note = formatNote({ text, signatures: [...signatures, classic, quantum] });
  const shown = readShown(note, keys);
  assert.deepEqual(shown?.checkpoint, checkpoint);
  assert.equal(shown?.note, formatNote({ text, signatures: [...signatures, classic] }));
  assert.equal(readShown(formatNote({ text, signatures: [classic] }), keys), undefined);
  assert.equal(readShown(formatNote({ text, signatures }), keys), undefined);
  assert.equal(readShown('nothing', keys), undefined);
});
