import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import { digestBytes } from '@ioi/canon';
import { BodySpool } from '@ioi/gateway/shell';
import type { SealedAction } from '@ioi/protocol';
import { longAnswers } from './long-answers.ts';

const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'ioi-answers-'));
after(() => rmSync(folder, { recursive: true }));

const action = {
  request: { target: 'net::fetch', context: { agent_id: 'agent://local/x' } },
  committed: { request_hash: 'sha256:aa' },
} as unknown as SealedAction;

/** What was kept, with the class it was kept in; of one answer at most `most` bytes. */
function bed(name: string, most: number, limits = { body: 64 * MIB, all: 64 * MIB }) {
  const kept: (readonly [inClass: unknown, digest: string, bytes: number])[] = [];
  const path = join(folder, name);
  const spool = new BodySpool(path, limits, () => 1024 * MIB);
  const keepLarge = async (
    { digest }: { digest: string },
    _: unknown,
    content: Iterable<Uint8Array>,
    artifactClass?: unknown,
  ): Promise<void> => {
    const bytes = Buffer.concat([...content]);
    assert.equal(digestBytes(bytes), digest);
    kept.push([artifactClass, digest, bytes.length]);
  };
  const keep = longAnswers(spool, { mostKept: () => most, keepLarge });
  return { kept, keep, spool, left: () => readdirSync(path) };
}

const PIECE = Buffer.alloc(MIB, 'x');
const WHOLE = Buffer.concat([PIECE, PIECE, PIECE]);

test('a long answer is kept as an output under its digest, and leaves the spool', async () => {
  const { kept, keep, left } = bed('whole', 64 * MIB);
  const answer = keep(action);
  for (let at = 0; at < 3; at += 1) await answer?.write(PIECE);
  answer?.end(true);
  await until('it is kept', () => kept.length === 1);
  assert.deepEqual(kept, [['output', digestBytes(WHOLE), 3 * MIB]]);
  await until('its file is gone', () => left().length === 0);
});

test('what waits for the disk is forgotten with each wait', async (t) => {
  const warned: string[] = [];
  const note = ({ name }: Error): void => void warned.push(name);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  const { kept, keep } = bed('waits', 64 * MIB);
  const answer = keep(action);
  for (let at = 0; at < 16; at += 1) await answer?.write(Buffer.alloc(2 * MIB, `${at}`));
  answer?.end(true);
  await until('it is kept', () => kept.length === 1);
  assert.deepEqual(warned, []);
});

test('where outputs are not kept nothing is written', () => {
  const { keep, left } = bed('none', 0);
  assert.equal(keep(action), undefined);
  assert.deepEqual(left(), []);
});

test('one that breaks off, is too long, or finds no room goes on and is not kept', async () => {
  const broken = bed('broken', 64 * MIB);
  const long = bed('long', 2 * MIB);
  const full = bed('full', 64 * MIB, { body: 2 * MIB, all: 2 * MIB });
  for (const { keep } of [broken, long, full]) {
    const answer = keep(action);
    for (let at = 0; at < 8; at += 1) await answer?.write(PIECE);
    answer?.end(keep !== broken.keep);
  }
  const at_once = broken.keep(action);
  at_once?.end(false);
  await sleep(100);
  for (const { kept, left, spool } of [broken, long, full]) {
    await until('its file is gone', () => left().length === 0);
    assert.deepEqual(kept, []);
    assert.ok(spool.room > 0, 'nothing of it counts any more');
  }
});
