import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import type { StepAnswer } from '@ioi/protocol';
import { answerStep, GREETING, giveTask, hear, type Talk, tellPiece } from './index.ts';

const FILE = new URL('../../../../../protocol/vectors/worker-wire.jsonl', import.meta.url);

type Line = { from: 'worker' | 'node'; line?: Record<string, unknown>; text?: string };
type Vector = { name: string; lines: readonly Line[]; ends: string };
type Said = {
  method?: string;
  params?: { task: string; input: never; index: number; text: string | null };
  result?: { output: never; receipt_id?: string };
  error?: { message: string; data: { kind: 'refused' | 'failed'; code: string } };
};

const vectors = readFileSync(FILE, 'utf8')
  .split('\n')
  .filter((text) => text !== '')
  .map((text) => JSON.parse(text) as Vector);

/** What this node says in its place. */
function said(talk: Talk, { method, params, result, error }: Said): readonly [Talk, string] {
  if (method === 'task/invoke' && params) return giveTask(talk, params.task, params.input);
  if (method === 'step/text' && params) {
    return [talk, tellPiece(talk, params.index, params.text ?? undefined) ?? ''];
  }
  const answer = result
    ? { kind: 'done', ...result }
    : { ...error?.data, message: error?.message ?? '' };
  return answerStep(talk, answer as StepAnswer);
}

/** How a conversation ends for who hears it line by line, and says its own. */
function play({ lines }: Vector): string {
  let talk = GREETING;
  let ended = '';
  for (const { from, line, text = JSON.stringify(line) } of lines) {
    if (from === 'node') {
      const [next, own] = said(talk, line as Said);
      assert.deepEqual(JSON.parse(own), line);
      talk = next;
      continue;
    }
    const [next, heard] = hear(talk, { kind: 'line', bytes: encodeUtf8(text) });
    talk = next;
    if (heard.kind === 'broken') return heard.fault.code;
    if (heard.kind === 'ended') ended = heard.end.kind;
  }
  return ended;
}

for (const vector of vectors) {
  test(`${vector.name}: ${vector.ends}`, () => assert.equal(play(vector), vector.ends));
}

test('the vectors have every message of each direction, and each way to break the order', () => {
  const of = (from: string) => {
    const lines = vectors.flatMap((each) => each.lines.filter((line) => line.from === from));
    return new Set(lines.flatMap(({ line }) => kindOf(line as Said)));
  };
  assert.ok(
    ['worker/hello', 'step', 'task/returned', 'task/raised'].every((each) =>
      of('worker').has(each),
    ),
  );
  assert.deepEqual(
    [...of('node')].sort(),
    ['failed', 'refused', 'result', 'step/text', 'task/invoke'].sort(),
  );
  const ends = new Set(vectors.map(({ ends: end }) => end));
  assert.ok(['worker.protocol', 'worker.step_out_of_order'].every((each) => ends.has(each)));
});

function kindOf(line: Said | undefined): string[] {
  if (line === undefined) return [];
  return [line.method ?? (line.error ? line.error.data.kind : 'result')];
}
