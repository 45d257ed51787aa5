import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { processesNaming, until } from '@ioi/basis/testing';
import type { GraphStepArtifact, RunEnvelope, WorkflowRunStatus } from '@ioi/protocol';
import { playModel } from '../core/model-script/play-model.ts';
import { findSockets } from '../shell/home.ts';
import { WorkflowApi } from '../shell/workflow-api.ts';
import { data, graph, graphWorker, instead, OWN, step, WHOLE } from '../testing/graph-worker.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
let how: readonly string[] = [];

const rule = (rule_id: string, target: string, action: string, path: string) => ({
  ...{ rule_id, target, action },
  conditions: { allow_paths: [join(node.workspace, path)] },
});
const EXAMPLE = fileURLToPath(new URL('../../../../examples/code-change', import.meta.url));
const SDK = fileURLToPath(new URL('../../../python/ioi_sdk', import.meta.url));
const example = JSON.parse(readFileSync(join(EXAMPLE, 'policy.json'), 'utf8'));
/** What the model of the example says next. */
let answers = '';
const model = createServer((request, response) => {
  const { method = '', url: path = '' } = request;
  json(request).then((body) => {
    const { answer } = playModel({ steps: [], end: answers }, { method, path, body });
    response.writeHead(answer.status, { 'content-type': answer.contentType });
    response.end(answer.body);
  }, console.error);
});
const policy = {
  policy_id: 'graphs',
  defaults: 'deny_all',
  rules: [
    ...example.rules,
    rule('read', 'fs::read', 'ALLOW', ''),
    rule('write', 'fs::write', 'ALLOW', ''),
    rule('ask', 'fs::write', 'REQUIRE_APPROVAL', 'ask.txt'),
    { rule_id: 'person', target: 'workflow::ask', action: 'REQUIRE_APPROVAL', conditions: {} },
  ],
};

async function good(...args: readonly string[]): Promise<string> {
  const ran = await node.ioi(...args);
  assert.equal(ran.code, 0, ran.stderr + ran.stdout);
  return ran.stdout;
}

before(async () => {
  assert.equal((await node.init()).code, 0);
  await good('up', '--detach');
  writeFileSync(node.home.policy, JSON.stringify(policy));
  assert.equal((await node.activate()).code, 0);
  const { available } = JSON.parse(await good('mcp', 'sandbox', '--json'));
  how = available ? [] : ['--unconfined'];
  await good('domain', 'key', 'new', key, ...withPassphrase);
  await installed(graphWorker(node.folder));
  await once(model.listen(0, '127.0.0.1'), 'listening');
});

after(async () => {
  await node.close();
  model.close();
});

const key = join(node.folder, 'publisher.key');

async function installed(made: string): Promise<void> {
  const out = `${made}.worker`;
  const pack = ['worker', 'pack', made, '--key', key, '--out', out, ...withPassphrase];
  const packed = await node.ioiWith({ PATH: '/usr/bin:/bin' }, ...pack);
  assert.equal(packed.code, 0, packed.stderr);
  await good('worker', 'install', out, ...withPassphrase);
}

function written(workflow: { readonly workflow_id: string }): string {
  const path = join(node.folder, `${workflow.workflow_id.slice('workflow://'.length)}.json`);
  writeFileSync(path, JSON.stringify(workflow));
  return path;
}

function run(name: string, ...more: readonly string[]) {
  const goal = name === 'own' ? 'notes.txt' : 'notes';
  const asked = ['--input', JSON.stringify({ goal }), '--workspace', node.workspace, '--json'];
  return node.ioi('workflow', 'run', name, ...asked, ...how, ...more);
}

/** Without a process of its own, for whoever asks often. */
const api = () => new WorkflowApi(findSockets(node.home));

async function shown(id: string): Promise<Shown> {
  return JSON.parse(await good('workflow', 'runs', id, '--json')) as Shown;
}

type Shown = WorkflowRunStatus & { readonly artifacts: readonly GraphStepArtifact[] };

async function begun(name: string): Promise<string> {
  const ran = await run(name, '--detach');
  assert.equal(ran.code, 0, ran.stderr);
  return (JSON.parse(ran.stdout) as WorkflowRunStatus).run.graph_run_id;
}

function waits(id: string): Promise<string> {
  return until('a step waits for a person', async () => {
    const status = await api().inspect(id);
    assert.equal(status.run.state, 'open', JSON.stringify(status));
    return status.steps.flatMap(({ pending }) => pending)[0];
  });
}

const ended = (id: string) =>
  until('the workflow ends', async () => {
    const { run: now } = await api().inspect(id);
    return ['open', 'cancelling'].includes(now.state) ? undefined : shown(id);
  });

const stateOf = ({ steps }: WorkflowRunStatus, name: string) =>
  steps.find(({ step_id }) => step_id === name)?.state;

test('a graph is carried out by workers, once each, over a kill', async () => {
  await good('workflow', 'save', written(WHOLE));
  const id = await begun('whole');
  const hash = await waits(id);
  const own = await begunOwn();
  const question = await waits(own);
  // Written again it would say so.
  writeFileSync(join(node.workspace, 'began.txt'), 'changed since');
  const daemon = processesNaming(node.folder).find((pid) => {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('hosts/daemon/src/main.');
  });
  assert.ok(daemon);
  process.kill(daemon, 'SIGKILL');
  const again = await until('it waits again', async () => {
    const status = await api()
      .inspect(id)
      .catch(() => undefined);
    return status?.steps.flatMap(({ pending }) => pending)[0];
  });
  assert.equal(again, hash);
  assert.equal(await waits(own), question);
  const short = hash.slice('sha256:'.length, 'sha256:'.length + 12);
  await good('approve', short, ...withPassphrase);
  const read = await until('what the rules allow waits all the same', async () => {
    const { steps } = await api().inspect(id);
    return steps.find(({ step_id }) => step_id === 'verify')?.pending[0];
  });
  await good('approve', shortOf(read), ...withPassphrase);
  const status = await ended(id);
  assert.equal(status.run.state, 'completed', JSON.stringify(status));
  assert.deepEqual(status.output, { text: 'notes same' });
  assert.equal(readFileSync(join(node.workspace, 'began.txt'), 'utf8'), 'changed since');
  assert.equal(stateOf(status, 'change'), 'failed');
  assert.equal(stateOf(status, 'change_again'), 'completed');
  const { artifacts } = status;
  assert.equal(artifacts.length, WHOLE.steps.length);
  const artifact = (name: string) => artifacts.find(({ step_id }) => step_id === name);
  const hashOf = (name: string) => artifact(name)?.outputs[0]?.canonical_payload_hash;
  assert.equal(hashOf('guess_a'), hashOf('agreed'));
  assert.notEqual(hashOf('guess_b'), hashOf('agreed'));
  assert.equal(artifact('agreed')?.parents.length, 3);
  assert.ok(artifact('verify')?.inputs.some(({ from }) => from === 'change_again.file'));
  const { runs } = JSON.parse(await good('worker', 'runs', '--json'));
  assert.equal(
    runs.filter((each: RunEnvelope) => !/workflow/.test(each.worker_id ?? '')).length,
    7,
  );
  await goesOn(own, question);
});

const shortOf = (hash: string) => hash.slice('sha256:'.length, 'sha256:'.length + 12);

/** Until a person is asked in its midst. */
async function begunOwn(): Promise<string> {
  writeFileSync(join(node.workspace, 'notes.txt'), 'long');
  answers = 'short';
  const { port } = model.address() as AddressInfo;
  await good('models', 'set', 'planner', `openai small http://127.0.0.1:${port}`);
  await good('workflow', 'save', written(OWN));
  return begun('own');
}

/** The rules allow what is written; the graph has a person decide all the same. */
async function goesOn(own: string, question: string): Promise<void> {
  const file = join(node.workspace, 'kept.txt');
  const shown = await good('inbox', '--json');
  assert.match(shown, /Keep it\?/);
  await good('approve', shortOf(question), ...withPassphrase);
  const written = await until('its last step waits', async () => {
    const { steps } = await api().inspect(own);
    return steps.find(({ step_id }) => step_id === 'keep')?.pending[0];
  });
  assert.equal(existsSync(file), false);
  await good('approve', shortOf(written), ...withPassphrase);
  const kept = await ended(own);
  assert.equal(kept.run.state, 'completed', JSON.stringify(kept));
  assert.deepEqual(kept.output, { text: 'short' });
  assert.equal(readFileSync(file, 'utf8'), 'short');
  assert.ok(kept.artifacts.find(({ step_id }) => step_id === 'sum')?.model_snapshot_id);
  const other = await begun('own');
  await good('deny', shortOf(await waits(other)), ...withPassphrase);
  const denied = await ended(other);
  assert.equal(denied.run.state, 'completed', JSON.stringify(denied));
  assert.deepEqual([stateOf(denied, 'agree'), stateOf(denied, 'keep')], ['completed', 'skipped']);
  const config = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  config.models.planner[0].price = { input: '1000', output: '1000', unit: 'USD' };
  writeFileSync(node.home.nodeConfig, JSON.stringify(config));
  const dear = await ended(await begun('own'));
  const sum = dear.steps.find(({ step_id }) => step_id === 'sum');
  assert.deepEqual([dear.run.state, sum?.code], ['failed', 'policy.budget_exhausted']);
}

test('an edge that does not fit, and more authority than a worker has, are refused', async () => {
  const counted = graph(
    'counted',
    [
      step('count', 'count', [['text'], []], { outputs: [{ name: 'count', type: 'number' }] }),
      step('verify', 'verify', [['file'], ['text']], { capabilities: ['prim:sys.exec'] }),
    ],
    [
      data('inputs.goal', 'count.text'),
      data('count.count', 'verify.file'),
      data('verify.text', 'outputs.text'),
    ],
  );
  const checked = await node.ioi('workflow', 'check', written(counted), '--json');
  assert.equal(checked.code, 2, checked.stderr);
  const codes = JSON.parse(checked.stdout).faults.map((each: { code: string }) => each.code);
  const wanted = ['type_mismatch', 'authority_exceeds', 'schema_mismatch'];
  assert.deepEqual(codes.sort(), wanted.map((each) => `workflow.${each}`).sort());
  assert.match(checked.stdout, /count\.count gives does not fit verify\.file/);
  assert.match((await run('counted')).stderr, /workflow\.unknown/);
});

test('a change of code is merged where its tests pass, and dropped where not', async () => {
  const coder = join(node.folder, 'coder');
  cpSync(join(EXAMPLE, 'coder'), coder, { recursive: true });
  cpSync(SDK, join(coder, 'ioi_sdk'), { recursive: true });
  await installed(coder);
  const project = join(node.workspace, 'project');
  cpSync(join(EXAMPLE, 'project'), project, { recursive: true });
  execFileSync('git', ['init', '--quiet', project]);
  const { port } = model.address() as AddressInfo;
  await good('models', 'set', 'planner', `openai small http://127.0.0.1:${port}`);
  await good('workflow', 'save', join(EXAMPLE, 'workflow.json'));
  const input = JSON.stringify({ goal: 'one too much', file: 'sums.py' });
  const asked = ['--workspace', project, '--input', input, '--json', ...how];
  const changed = () => node.ioi('workflow', 'run', 'code-change', ...asked);
  const file = join(project, 'sums.py');
  const before = readFileSync(file, 'utf8');
  answers = before.replace('+ 1', '+ 2');
  const failed = JSON.parse((await changed()).stdout) as WorkflowRunStatus;
  assert.equal(failed.run.state, 'failed', JSON.stringify(failed));
  assert.equal(stateOf(failed, 'tests'), 'failed');
  assert.equal(failed.merge?.state, 'discarded');
  answers = before.replace(' + 1', '');
  const ran = await changed();
  const { run: ended, merge, speculative } = JSON.parse(ran.stdout) as WorkflowRunStatus;
  assert.deepEqual([speculative, failed.speculative], [true, true]);
  const became = [ended.state, merge?.state, ran.code];
  assert.deepEqual(became, ['completed', 'pending', 11], ran.stdout + ran.stderr);
  assert.equal(readFileSync(file, 'utf8'), before);
  const { request_hash: hash } = await node.waiting();
  const short = hash.slice('sha256:'.length, 'sha256:'.length + 12);
  await good('approve', short, ...withPassphrase);
  await until('it is merged', () => readFileSync(file, 'utf8') === answers);
  const { artifacts } = await shown(ended.graph_run_id);
  assert.ok(artifacts.find(({ step_id }) => step_id === 'plan')?.model_snapshot_id);
  // Labelled where it is sealed, and no longer told as such once the gate let it through.
  const given = artifacts.filter(({ outputs }) => outputs.length > 0);
  assert.ok(given.length > 0 && given.every(({ speculative: label }) => label === true));
  await until('it is told as merged', async () => {
    const now = JSON.parse(await good('workflow', 'runs', ended.graph_run_id, '--json'));
    return now.speculative === false;
  });
});

test('a step that fails for good asks a person to go on, or is cancelled', async () => {
  const ask = { step_id: 'ask', kind: 'approval', question: 'Who goes on?' };
  const edges = [data('inputs.goal', 'plan.goal'), instead('change', 'ask')];
  const given = [data('plan.file', 'change.file'), data('plan.text', 'change.text')];
  const steps = (task: string) => [
    step('plan', 'plan', [['goal'], ['file', 'text']]),
    step('change', task, [['file', 'text'], ['file']], { capabilities: ['prim:fs.write'] }),
    ask,
  ];
  const asked = (name: string, task: string) => ({
    ...graph(name, steps(task), [...edges, ...given]),
    outputs: [],
  });
  await good('workflow', 'save', written(asked('asks', 'broken')));
  const escalated = await run('asks');
  assert.equal(escalated.code, 5, escalated.stderr);
  const status = JSON.parse(escalated.stdout) as WorkflowRunStatus;
  assert.deepEqual([status.run.state, status.detail], ['escalated', 'ask: Who goes on?']);
  await good('workflow', 'save', written(asked('waits', 'change')));
  const id = await begun('waits');
  await waits(id);
  const cancelled = JSON.parse(await good('workflow', 'cancel', id, '--json'));
  assert.equal(cancelled.run.state, 'cancelled');
  assert.equal(stateOf(cancelled, 'change'), 'cancelled');
  assert.match((await node.ioi('workflow', 'cancel', id)).stderr, /is cancelled/);
  const out = join(node.folder, 'graphs.jsonl');
  await good('export', '--out', out);
  await good('verify', out);
});
