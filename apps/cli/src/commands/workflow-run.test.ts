import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import type { GraphStepArtifact, WorkflowRunStatus } from '@ioi/protocol';
import { data, graph, graphWorker, instead, step, WHOLE } from '../testing/graph-worker.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
let how: readonly string[] = [];

const rule = (rule_id: string, target: string, action: string, path: string) => ({
  ...{ rule_id, target, action },
  conditions: { allow_paths: [join(node.workspace, path)] },
});
const policy = {
  policy_id: 'graphs',
  defaults: 'deny_all',
  rules: [
    rule('read', 'fs::read', 'ALLOW', ''),
    rule('write', 'fs::write', 'ALLOW', ''),
    rule('ask', 'fs::write', 'REQUIRE_APPROVAL', 'ask.txt'),
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
  const key = join(node.folder, 'publisher.key');
  const out = join(node.folder, 'grapher.worker');
  await good('domain', 'key', 'new', key, ...withPassphrase);
  const made = graphWorker(node.folder);
  const pack = ['worker', 'pack', made, '--key', key, '--out', out, ...withPassphrase];
  const packed = await node.ioiWith({ PATH: '/usr/bin:/bin' }, ...pack);
  assert.equal(packed.code, 0, packed.stderr);
  await good('worker', 'install', out, ...withPassphrase);
});

after(() => node.close());

function written(workflow: { readonly workflow_id: string }): string {
  const path = join(node.folder, `${workflow.workflow_id.slice('workflow://'.length)}.json`);
  writeFileSync(path, JSON.stringify(workflow));
  return path;
}

function run(name: string, ...more: readonly string[]) {
  const asked = ['--input', '{"goal":"notes"}', '--workspace', node.workspace, '--json'];
  return node.ioi('workflow', 'run', name, ...asked, ...how, ...more);
}

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
    return (await shown(id)).steps.flatMap(({ pending }) => pending)[0];
  });
}

const ended = (id: string) =>
  until('the workflow ends', async () => {
    const status = await shown(id);
    return ['open', 'cancelling'].includes(status.run.state) ? undefined : status;
  });

const stateOf = ({ steps }: WorkflowRunStatus, name: string) =>
  steps.find(({ step_id }) => step_id === name)?.state;

test('a graph is carried out by workers, once each, over a kill', async () => {
  await good('workflow', 'save', written(WHOLE));
  const id = await begun('whole');
  const hash = await waits(id);
  // Written again it would say so.
  writeFileSync(join(node.workspace, 'began.txt'), 'changed since');
  const daemon = processesNaming(node.folder).find((pid) => {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('hosts/daemon/src/main.');
  });
  assert.ok(daemon);
  process.kill(daemon, 'SIGKILL');
  const again = await until('it waits again', async () => {
    const { code, stdout } = await node.ioi('workflow', 'runs', id, '--json');
    const steps = code === 0 ? (JSON.parse(stdout) as Shown).steps : [];
    return steps.flatMap(({ pending }) => pending)[0];
  });
  assert.equal(again, hash);
  const short = hash.slice('sha256:'.length, 'sha256:'.length + 12);
  await good('approve', short, ...withPassphrase);
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
  assert.equal(runs.length, 7);
});

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
