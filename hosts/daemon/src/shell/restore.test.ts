import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askContract, keys, modelContract } from '@ioi/law';
import { hashOf, readEntry, smallLog } from '@ioi/law/testing';
import type { HeadKey } from '@ioi/protocol';
import type { Contents } from './contents.ts';
import type { Servers } from './mcp/servers.ts';
import { modelsOf } from './models/models-of.ts';
import { type RestoreOptions, reconcileById } from './restore.ts';

const NOTHING = { text: () => undefined, vaultParams: async () => undefined };
const contents = NOTHING as unknown as Contents;
const connecting = { edge: undefined, contents, proof: async () => assert.fail() };
const servers = { driverFor: () => undefined } as unknown as Servers;
const { driverFor } = modelsOf(() => ({}), connecting, servers);

test('what a person agreed to before a crash is found agreed to', async () => {
  const agent = smallLog();
  const { node } = agent;
  node.seal(node.propose('contract.register', { contract: askContract() }));
  agent.activate({
    ...{ policy_id: 'asking', defaults: 'deny_all' },
    rules: [{ rule_id: 'q', target: 'workflow::ask', conditions: {}, action: 'ALLOW' }],
  });
  const params = { workflow: 'workflow://one', question: 'Keep it?', shown: '' };
  const session_id = hashOf('session');
  const step = { step_id: 'ask', kind: 'approval', question: params.question };
  const about = { workflow_id: params.workflow, version: '1.0.0', title: 'One' };
  const workflow = { ...about, steps: [step], edges: [] };
  const graph_run_id = `graph_${'5c'.repeat(16)}`;
  const own = [{ step_id: 'ask', contract_hash: hashOf(askContract()) }];
  const opened = { graph_run_id, graph_id: hashOf(workflow), workflow, bound: [], own, inputs: [] };
  const rest = { input_commitment: hashOf('all of it'), parallel: 1 };
  node.seal(node.propose('graphs/open', { ...opened, ...rest }));
  const run_id = `run_${'0'.repeat(32)}`;
  const begun = { graph_run_id, step_id: 'ask', run_id, inputs: [], parents: [], session_id };
  node.seal(node.propose('graphs/begin', begun));
  const plain = agent.request('workflow::ask', params);
  const request = { ...plain, context: { ...plain.context, session_id } };
  const asked = agent.ask(request, askContract());
  agent.decide(asked);
  agent.approve(asked);
  agent.lose(asked, askContract());
  const hash = hashOf(asked.request);
  const options = {
    reader: {
      get: (key: HeadKey) => node.head(key),
      entry: (seq: number) => readEntry(node.texts[seq] ?? '').entry,
    },
    writer: {
      submit: async (operation: string, payload: object) => {
        node.seal(node.propose(operation, payload));
        return { ok: true };
      },
    },
    ...{ contents, driverFor, seal: () => ({ size: node.texts.length }), log: () => {} },
  } as unknown as RestoreOptions;
  assert.equal(await reconcileById(hash, options), 'performed');
  assert.equal(node.head<{ readonly state: string }>(keys.action(hash))?.state, 'completed');
});

test('a question to a model that waited under the first version is asked still', () => {
  const first = 'sha256:eabfe1cba1f910e0e99a1ef092d3f0ea0523d0258947f740f6d34137fea7fe65';
  const under = (schema_hash: string) => {
    const earlier = { ...modelContract(), version: '1', schema_hash };
    return driverFor(earlier)?.name;
  };
  assert.equal(under(first), 'models');
  assert.equal(under(modelContract().schema_hash), 'models');
  assert.equal(under(hashOf('of a server')), undefined);
});
