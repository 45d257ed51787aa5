import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { WorkerRunScorecard, WorkerRunStatus } from '@ioi/protocol';
import { installClerk } from '../../testing/served-worker.ts';
import { TestNode } from '../../testing/test-node.ts';

const node = new TestNode();
let running: readonly string[] = [];

before(async () => {
  running = await installClerk(node);
});

after(() => node.close());

function run(contract: object | string, task = 'count') {
  const file = join(node.folder, 'contract.json');
  writeFileSync(file, typeof contract === 'string' ? contract : JSON.stringify(contract));
  const asked = ['--task', task, '--input', '{"path":"notes.txt"}', '--contract', file, '--json'];
  return node.ioi('worker', 'run', ...running, ...asked);
}

async function scoreOf(
  contract: object,
  task?: string,
): Promise<readonly [WorkerRunStatus, WorkerRunScorecard, number | null]> {
  const ran = await run(contract, task);
  const status = JSON.parse(ran.stdout) as WorkerRunStatus;
  const score = await node.ioi('worker', 'score', status.envelope.run_id, '--json');
  return [status, JSON.parse(score.stdout) as WorkerRunScorecard, score.code];
}

const template_id = 'tpl:clerk.v1';

test('a run is judged by its contract, and what nobody decides is not passed', async () => {
  const rubric = { max_words: 0, forbidden_words: ['sorry'] };
  const [kept, card, code] = await scoreOf({ template_id, rubric, outcome_type: 'worker_result' });
  assert.deepEqual([kept.envelope.state, kept.completion?.satisfied, code], ['completed', true, 0]);
  assert.deepEqual([card.adjudication?.tier, card.adjudication?.verdict], ['4A', 'kept']);
  const [open, tasteful, exit] = await scoreOf({
    template_id,
    rubric: { ...rubric, tone: 'kind' },
  });
  assert.deepEqual([open.envelope.state, open.completion?.satisfied], ['completed', false]);
  assert.deepEqual([tasteful.adjudication?.verdict, exit], ['not_decided', 12]);
  const [broken, why] = await scoreOf({ template_id, rubric: { required_words: ['thanks'] } });
  assert.deepEqual([broken.envelope.state, broken.code], ['failed', 'run.contract_broken']);
  assert.equal(broken.completion?.error_class, 'ExecutionContractViolation');
  assert.equal(broken.output, 1, 'what broke it can be looked at');
  assert.equal(why.adjudication?.judged[0]?.verdict, 'broken');
  const told = await node.ioi('worker', 'score', broken.envelope.run_id);
  assert.match(told.stdout, /rubric\.required_words {2}broken/);
  const nothing = await scoreOf({ template_id, outcome_type: 'worker_result' }, 'broken');
  assert.deepEqual([nothing[0].code, nothing[2]], ['worker.raised', 12], 'it gave nothing');
  const out = join(node.folder, 'judged.jsonl');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  const verified = await node.ioi('verify', out);
  assert.equal(verified.code, 0, verified.stderr);
});

test('a contract of another template or provider, and one that is none, is refused', async () => {
  const refused = async (contract: object | string, code: string, exit: number) => {
    const ran = await run(contract);
    assert.match(ran.stderr, new RegExp(code.replace('.', '\\.')));
    assert.equal(ran.code, exit, ran.stderr);
  };
  await refused({ template_id: 'tpl:other' }, 'contract.other_template', 2);
  await refused({ template_id, allowed_providers: ['did:ioi:x'] }, 'contract.provider', 2);
  await refused({ template_id, tone: 'kind' }, 'request.invalid', 1);
  await refused('{', 'cannot be read as JSON', 2);
});
