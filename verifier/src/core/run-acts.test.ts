import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { nodeEventsOf, verificationOf } from '@ioi/law';
import {
  AGENT,
  type Asked,
  hashOf,
  notesPolicy,
  TestAgent,
  TestNode,
  workerOpening,
  writeContract,
} from '@ioi/law/testing';
import { verdict, verifyText } from '../testing/index.ts';

const SESSION = digestBytes('session of the run');

/** Two acts of a run, one of them blocked, and one of another session of its agent between them. */
async function verdictOn(bound: (acts: readonly string[]) => readonly string[]): Promise<string> {
  const node = new TestNode();
  const agent = new TestAgent(node);
  agent.begin(notesPolicy);
  const opening = workerOpening(AGENT, SESSION);
  node.seal(node.propose('workers/open', opening));
  const acts = [
    deciding(agent, '/notes/a', SESSION),
    deciding(agent, '/notes/b', digestBytes('another session')),
    deciding(agent, '/elsewhere', SESSION),
  ];
  const { run_id, task_schema_hash } = opening;
  const output_commitment = digestBytes('output');
  const ending = { run_id, state: 'completed', acts: bound(acts), output_commitment };
  const verified = verificationOf({ run_id, output_commitment, task_schema_hash });
  const ended = node.seal(
    node.propose('workers/end', { ...ending, verification_commit: verified }),
  );
  assert.ok(nodeEventsOf(ended).some(({ type }) => type === 'worker_run.ended'));
  const found = verdict(verifyText(await node.export()));
  return found.replace(` @${ended.seq}`, '');
}

function deciding(agent: TestAgent, path: string, session_id: string): string {
  const request = agent.request('fs::write', { path, content: 'x' });
  const own = { ...request, context: { ...request.context, session_id } };
  const asked: Asked = agent.ask(own, writeContract, { target_exists: false });
  const { committed_hash } = agent.decide(asked);
  if (committed_hash !== undefined) {
    agent.node.seal(agent.node.propose('action.receipt', agent.execution(asked)));
  }
  return hashOf(own);
}

test('the end of a run binds every act of its session, once each', async () => {
  assert.equal(await verdictOn(([first = '', , last = '']) => [first, last]), 'ok');
  assert.equal(await verdictOn(([first = '']) => [first]), 'run.wrong_acts');
  assert.equal(await verdictOn((acts) => acts), 'run.wrong_acts');
  const twice = await verdictOn(([first = '', , last = '']) => [first, last, last]);
  assert.equal(twice, 'run.wrong_acts');
  assert.equal(await verdictOn(() => []), 'run.wrong_acts');
});
