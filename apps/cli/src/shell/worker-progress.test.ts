import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerRunStatus, WorkerRunStep } from '@ioi/protocol';
import { WorkerProgress } from './worker-progress.ts';

const done: WorkerRunStep = { index: 0, target: 'fs::read', state: 'done', receipt_id: 'r_1' };
const asks: WorkerRunStep = { index: 1, target: 'model::invoke', state: 'pending' };

/** What is written of these looks, the steps on record and the text said so far. */
async function told(
  isJson: boolean,
  looks: readonly (readonly [readonly WorkerRunStep[], string?])[],
): Promise<string> {
  let text = '';
  let steps: readonly WorkerRunStep[] = [];
  const api = { trace: async (run_id: string) => ({ run_id, steps: [...steps] }) };
  const write = (each: string): void => {
    text += each;
  };
  const progress = new WorkerProgress({ api, isJson, write });
  for (const [now, said] of looks) {
    steps = now;
    const saying = said === undefined ? {} : { saying: { index: 1, text: said } };
    const envelope = { run_id: 'run_1' };
    await progress.tell({ envelope, steps: now.length, ...saying } as unknown as WorkerRunStatus);
  }
  return text;
}

test('steps are told as they end, and what is said between them as it comes', async () => {
  const text = await told(false, [
    [[done]],
    [[done, asks], ''],
    [[done, asks], 'All \u001b[31m'],
    [[done, asks], 'All \u001b[31magreed.\nSo'],
    [[done, { ...asks, state: 'done' }], 'All \u001b[31magreed.\nSo be it'],
  ]);
  assert.equal(
    text,
    [
      '   0  fs::read  done  r_1',
      '   1  model::invoke  pending',
      'All \\u{1b}[31magreed.',
      'So be it',
      '   1  model::invoke  done\n',
    ].join('\n'),
  );
});

test('text that was taken back is begun anew, and a program is told lines of JSON', async () => {
  const looks = [
    [[done, asks], 'No'],
    [[done, asks], 'Yes'],
  ] as const;
  assert.match(await told(false, looks), /model::invoke {2}pending\nNo\nYes$/);
  const lines = (await told(true, looks)).trim().split('\n');
  const pieces = lines.flatMap((line) => JSON.parse(line).text ?? []);
  assert.deepEqual(pieces, [
    { index: 1, piece: 'No', begins: true },
    { index: 1, piece: 'Yes', begins: true },
  ]);
});

test('what a look could not be told of is told by the next', async () => {
  let text = '';
  let isThere = false;
  const trace = async (run_id: string) => {
    if (!isThere) throw new Error('nobody is there');
    return { run_id, steps: [done] };
  };
  const write = (each: string): void => {
    text += each;
  };
  const progress = new WorkerProgress({ api: { trace }, isJson: false, write });
  const status = { envelope: { run_id: 'run_1' }, steps: 1 } as unknown as WorkerRunStatus;
  await assert.rejects(progress.tell(status));
  isThere = true;
  await progress.tell(status);
  assert.match(text, /fs::read {2}done/);
});
